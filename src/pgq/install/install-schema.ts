// Installs a schema, takes it over from the C version or brings it up to date: one transaction, under a lock, and
// nothing at all when there is nothing to do.
import { setTimeout as delay } from "node:timers/promises";
import { SkytoolsError } from "../../errors/index.ts";
import type { InstallDatabase } from "./database.ts";
import { guardScript, installScript, scriptHash, upgradeSteps } from "./install-script.ts";
import { knownSchema } from "./known-schemas.ts";
import { type InstallReport, describeChanges } from "./report.ts";
import { isRetryable, ROTATION_HALF_DONE, sqlstateOf, toInstallError } from "./script-errors.ts";
import { type InstalledState, isUpToDate, readState, readStateAlone } from "./state.ts";
import { wrapInTransaction } from "./transaction-text.ts";

export interface InstallLog {
  warn(fields: object, text: string): void;
  info(fields: object, text: string): void;
}

export interface InstallOptions {
  readonly schema: string;
  /** Change nothing; the report's `sql` is what would be run. */
  readonly dryRun?: boolean;
  readonly log?: InstallLog;
  /** Ends the waiting between two tries; the transaction itself is always finished or rolled back. */
  readonly signal?: AbortSignal;
  /** How long the installation may stand in a lock queue, where it holds up others. Default 500. */
  readonly lockTimeoutMs?: number;
  /** Default 30. */
  readonly maxTries?: number;
}

const DEFAULT_MAX_TRIES = 30;
const RETRY_DELAY_MS = 300; // times the number of the try, up to the next line
const MAX_RETRY_DELAY_MS = 2000;

/**
 * @throws INSTALL_RIGHTS, SCHEMA_FOREIGN, SCHEMA_NEWER, UNSUPPORTED_SERVER, SCHEMA_IN_USE (other extensions need it)
 */
export async function installSchema(db: InstallDatabase, options: InstallOptions): Promise<InstallReport> {
  const { name: schema, requires } = knownSchema(options.schema);
  const wantedHash = scriptHash(schema);
  const before = await readStateAlone(db, schema);
  await requireSchemas(db, schema, requires);
  warnOfNewerSteps(before, schema, options.log);
  if (isUpToDate(before, wantedHash)) return describeChanges(schema, before, before, "");

  const script = installScript(
    schema,
    options.lockTimeoutMs === undefined ? {} : { lockTimeoutMs: options.lockTimeoutMs },
  );
  if (options.dryRun === true) {
    await checkOnly(db, schema);
    return { ...describeChanges(schema, before, before, wrapInTransaction(script)), isDryRun: true };
  }

  for (let attempt = 1; ; attempt += 1) {
    try {
      return await installOnce(db, schema, script, wantedHash);
    } catch (error) {
      await rollback(db);
      if (sqlstateOf(error) === ROTATION_HALF_DONE) await db.execute("select pgq.maint_rotate_tables_step2()");
      else if (!isRetryable(error)) throw toInstallError(error);
      if (attempt >= (options.maxTries ?? DEFAULT_MAX_TRIES)) throw toInstallError(error);
      options.log?.info(
        { schema, attempt, sqlstate: sqlstateOf(error) },
        "installation waits for others, trying again",
      );
      await delay(Math.min(RETRY_DELAY_MS * attempt, MAX_RETRY_DELAY_MS), undefined, { signal: options.signal });
    }
  }
}

async function installOnce(
  db: InstallDatabase,
  schema: string,
  script: string,
  wantedHash: string,
): Promise<InstallReport> {
  await db.execute("begin transaction isolation level read committed read write");
  // a second installer waits here and then finds nothing to do
  await db.execute("select pg_catalog.pg_advisory_xact_lock(7366513, 0)");
  const before = await readState(db, schema);
  if (isUpToDate(before, wantedHash)) {
    await db.execute("rollback");
    return describeChanges(schema, before, before, "");
  }
  await db.execute(script);
  const after = await readState(db, schema);
  await db.query(`update ${schema}.install_step set catalog_hash = $1 where step_name = 'script'`, [after.catalogHash]);
  await commit(db, schema);
  return describeChanges(schema, before, after, script);
}

/** A commit of a transaction that failed is answered with ROLLBACK, not with an error. */
async function commit(db: InstallDatabase, schema: string): Promise<void> {
  const [result] = await db.execute("commit");
  if (result?.command !== "COMMIT") {
    throw new SkytoolsError("DATABASE", `the installation of ${schema} was rolled back by the server`);
  }
}

/** Breaking ones are refused by the script. */
function warnOfNewerSteps(state: InstalledState, schema: string, log: InstallLog | undefined): void {
  const known = new Set(upgradeSteps(schema).map((step) => step.name));
  const newer = state.steps.filter((step) => !known.has(step));
  if (newer.length === 0) return;
  log?.warn({ schema, steps: newer }, `schema ${schema} has steps of a newer skytools: ${newer.join(", ")}`);
}

async function checkOnly(db: InstallDatabase, schema: string): Promise<void> {
  await db.execute("begin");
  try {
    await db.execute(guardScript(schema));
  } catch (error) {
    throw toInstallError(error);
  } finally {
    await rollback(db);
  }
}

async function rollback(db: InstallDatabase): Promise<void> {
  await db.execute("rollback").catch(() => undefined); // the connection may be gone; the first error is what counts
}

async function requireSchemas(db: InstallDatabase, schema: string, requires: readonly string[]): Promise<void> {
  const missing = await db.query<{ name: string }>(
    "select name from pg_catalog.unnest($1::text[]) name where pg_catalog.to_regnamespace(name) is null",
    [requires],
  );
  if (missing.length === 0) return;
  const names = missing.map((row) => row.name);
  throw new SkytoolsError("WRONG_USE", `schema ${schema} needs ${names.join(" and ")} in the same database`, {
    hint: names.map((name) => `skytools install ${name}`).join("; "),
  });
}
