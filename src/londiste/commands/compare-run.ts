// What compare and repair have in common: finding the tables, opening sessions, showing how far it is, the exit status.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { type Connection, withoutSecrets } from "../../postgres/index.ts";
import type { CommandContext } from "../../programs/index.ts";
import {
  type CompareProgress,
  findSetTables,
  type SetTable,
  type SideOptions,
  type SkippedTable,
  withSetTable,
} from "../compare/index.ts";
import { handlerRegistry } from "../handler/index.ts";
import type { compareFlags, compareKeys } from "./compare-keys.ts";
import { rowsDone } from "./compare-text.ts";

type Context = CommandContext<typeof compareKeys, typeof compareFlags>;

export interface CommonOptions extends SideOptions {
  readonly parallel: number;
  readonly columns?: readonly string[];
  readonly key?: readonly string[];
  readonly onProgress: (progress: CompareProgress) => void;
}

export interface Outcome {
  /** For --json. */
  readonly json: Record<string, unknown>;
  readonly isEqual: boolean;
}

/** Goes through the tables; `work` prints. @returns the exit status */
export async function eachSetTable(
  context: Context,
  work: (options: CommonOptions, table: SetTable) => Promise<Outcome>,
): Promise<number> {
  const { service, options, out } = context;
  const { clock, signal, log, connections } = service;
  const queue = options.queueName;
  if (queue === null) throw new SkytoolsError("WRONG_USE", "queue_name is not set", { hint: "set it in the file" });
  let opened = 0;
  const openLocal = (): Promise<Connection> => connections.get("db", { cache: `compare.${(opened += 1)}` });
  const openAt = (connstr: string): Promise<Connection> =>
    connections.get("provider", { connstr, profile: "remote", cache: `compare.${(opened += 1)}` });

  const { tables, skipped } = await findSetTables({
    queue,
    local: await connections.get("db"),
    connectTo: (connstr) =>
      connections.get("provider", { connstr, profile: "remote", cache: `node ${withoutSecrets(connstr)}` }),
    handlers: handlerRegistry({ setting: (key) => service.config.maybe(key) ?? null }),
    names: context.args,
  });
  for (const { name, reason } of skipped) log.warn({ table: name, reason }, "table cannot be compared, skipping");
  const lag = options.timeout ?? options.lockTimeout;
  const sides = { queue, openLocal, openAt, clock, signal, timeoutMs: options.force || lag === 0 ? null : lag };

  const results: Record<string, unknown>[] = [];
  const failed: Pick<SkippedTable, "name" | "reason">[] = [];
  let areEqual = true;
  for (const table of tables) {
    signal.throwIfAborted();
    const progress = context.progress(table.name);
    const outcome = await withSetTable(table, sides, (side) =>
      work(
        {
          ...side,
          parallel: options.parallel,
          ...(options.columns.length === 0 ? {} : { columns: options.columns }),
          ...(options.key.length === 0 ? {} : { key: options.key }),
          onProgress: (done) => {
            progress.update(rowsDone(done));
          },
        },
        table,
      ).finally(() => {
        progress.stop();
      }),
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      const { code, message, hint } = ofThisTable(error);
      log.error({ table: table.name, code, ...(hint === undefined ? {} : { hint }) }, message);
      failed.push({ name: table.name, reason: message });
      return null;
    });
    if (outcome === null) continue;
    areEqual &&= outcome.isEqual;
    results.push({ ...outcome.json, table: table.name });
  }
  if (out.isJson) {
    const passedOver = [...skipped, ...failed].map(({ name, reason }) => ({ table: name, reason }));
    out.result({ tables: results, skipped: passedOver }, "");
  }
  return statusOf(areEqual, failed.length === 0 && !skipped.some(({ isNamed }) => isNamed));
}

/**
 * What is the matter with one table is no reason to leave out the others.
 * @throws what concerns all tables: a side that is away or does not get on, a fault of ours
 */
function ofThisTable(error: unknown): SkytoolsError {
  if (!(error instanceof SkytoolsError) || ALL_TABLES.includes(error.code)) throw error;
  return error;
}

const ALL_TABLES: readonly string[] = [
  "CONNECTION_FAILED",
  "CONNECTION_LOST",
  "COMPARE_LAG",
  "TICK_TIMEOUT",
  "ABORTED",
];

/** Differences count more than what could not be looked at. */
function statusOf(areEqual: boolean, isComplete: boolean): number {
  if (!areEqual) return exitStatus.differencesFound;
  return isComplete ? exitStatus.done : exitStatus.failed;
}
