// Level 4: the proof. Restores a backup into a scratch directory, starts a server on it, lets it recover, looks at the data,
// and removes everything again. The server listens on a socket of its own only, and cannot archive.
import { join } from "node:path";
import type { Clock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { silentLogger } from "../../service/index.ts";
import {
  openScratchFolder,
  readConfigFiles,
  restore,
  type RestoreRequest,
  type RestoreResult,
  runServer,
} from "../restore/index.ts";
import { scratchSettings } from "./scratch-settings.ts";

export interface RestoreTestOptions extends Pick<
  RestoreRequest,
  "repository" | "receiver" | "keys" | "set" | "target" | "ourUid" | "log" | "signal" | "onProgress"
> {
  /** Folder for the scratch directory; must have room for the whole cluster. */
  readonly scratch: string;
  readonly binDirectory: string;
  readonly restoreCommand: string;
  readonly user: string;
  readonly timeoutMs: number;
  /** Statements to run in a database; each must not fail. */
  readonly checks?: readonly { readonly database: string; readonly sql: string }[];
  readonly clock: Clock;
}

export interface RestoreTestResult {
  readonly restored: RestoreResult;
  readonly databases: number;
  /** Indexes that amcheck looked at; null: the server does not have it. */
  readonly checkedIndexes: number | null;
  readonly durationMs: number;
}

/** @throws RESTORE_FAILED, VERIFY_FAILED when a check of the data fails, and what restore throws */
export async function restoreTest(options: RestoreTestOptions): Promise<RestoreTestResult> {
  const { clock, scratch } = options;
  const startedMs = clock.now();
  await using place = await openScratchFolder(scratch, options.ourUid, options.log ?? silentLogger);
  const { folder, owner } = place;
  const restored = await restore({
    ...options,
    dataDirectory: join(folder, "data"),
    tablespaceMap: {},
    relocateAll: join(folder, "tablespaces"),
    existing: "refuse",
    action: "promote",
  });
  const { dataDirectory } = restored;
  const { store } = options.repository;
  const configFiles = await readConfigFiles(store, restored.set, options.keys ?? []);
  await using server = await runServer({
    dataDirectory,
    binDirectory: options.binDirectory,
    socketDirectory: folder,
    port: 5432,
    settings: await scratchSettings({ folder, dataDirectory, configFiles, owner }),
    user: options.user,
    timeoutMs: options.timeoutMs,
    clock,
    signal: options.signal,
  });
  const looked = await lookAtData((database) => server.connect(database), options.checks ?? []);
  return { restored, ...looked, durationMs: clock.now() - startedMs };
}

async function lookAtData(
  open: (database?: string) => Promise<Connection>,
  checks: readonly { readonly database: string; readonly sql: string }[],
): Promise<Pick<RestoreTestResult, "databases" | "checkedIndexes">> {
  const databases = await withDatabase(open, undefined, async (db) =>
    (
      await db.query<{ name: string }>(
        "select datname as name from pg_database where datallowconn and datconnlimit <> -2",
      )
    ).map(({ name }) => name),
  );
  let checkedIndexes: number | null = null;
  for (const database of databases) {
    const found = await withDatabase(open, database, checkIndexes);
    if (found !== null) checkedIndexes = (checkedIndexes ?? 0) + found;
  }
  for (const { database, sql } of checks) {
    await withDatabase(open, database, (db) => db.execute(sql)).catch((error: unknown) => {
      throw failed(`the check "${sql}" failed in ${database}`, error);
    });
  }
  return { databases: databases.length, checkedIndexes };
}

async function withDatabase<T>(
  open: (database?: string) => Promise<Connection>,
  database: string | undefined,
  work: (db: Connection) => Promise<T>,
): Promise<T> {
  await using db = await open(database);
  return await work(db);
}

/** Null where amcheck is not installed. */
async function checkIndexes(db: Connection): Promise<number | null> {
  const available = await db.maybeOne("select 1 from pg_available_extensions where name = 'amcheck'");
  if (available === null) return null;
  await db.execute("create extension if not exists amcheck");
  try {
    const { n } = await db.one<{ n: number }>(CHECK_INDEXES);
    return n;
  } catch (error) {
    throw failed(`amcheck found a damaged index in ${db.facts.database}`, error);
  }
}

const CHECK_INDEXES = `
  select count(*)::int as n
    from (select bt_index_check(c.oid)
            from pg_class c join pg_am a on a.oid = c.relam join pg_index i on i.indexrelid = c.oid
           where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and i.indisvalid) checked`;

function failed(what: string, cause: unknown): SkytoolsError {
  const why = reasonOf(cause);
  return new SkytoolsError("VERIFY_FAILED", `${what}: ${why}`, { cause });
}
