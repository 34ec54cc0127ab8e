// Runs a script in the transaction that is open: on the root, where it is sent to the others, or in replay. Its changes are
// not logged: each node runs the script itself.
import { type Connection, PostgresError, splitStatements } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { executeFinish, executeStart, setReplicationRole } from "../sql-calls/index.ts";
import { decodeScriptAttributes, formatScriptAttributes, parseScriptAttributes } from "./attributes.ts";
import { decideScript, replaceTags } from "./decide.ts";
import { addLabelAhead } from "./new-labels.ts";
import { readSettings, restoreSettings } from "./session-settings.ts";

export interface Script {
  /** Counts once a database, over all queues. */
  readonly name: string;
  readonly sql: string;
}

/** run; repeated: it was run before; not here: its attributes do not hold on this node. */
export type ScriptOutcome = "run" | "repeated" | "not here";

/** On the root. @throws NODE_REFUSED (401) elsewhere, SCRIPT_MISMATCH, SCRIPT_FAILED; then the caller rolls back */
export async function runScriptOnRoot(
  db: Connection,
  log: Logger,
  queue: string,
  script: Script,
): Promise<ScriptOutcome> {
  const attributes = formatScriptAttributes(parseScriptAttributes(script.sql));
  await setReplicationRole(db, "local", { isLocal: true });
  return await runNoted(db, log, queue, { ...script, attributes, isRootOnly: true, addsLabelAhead: null });
}

export interface ReplayedScript extends Script {
  /** ev_extra2 of the event. */
  readonly attributes: string | null;
  /** Another session on this database, for what must be done before the batch. */
  readonly openAhead: () => Promise<Connection>;
}

/** In replay, in the transaction of the batch; the session replays again afterwards. @throws SCRIPT_MISMATCH, SCRIPT_FAILED */
export async function replayScript(
  db: Connection,
  log: Logger,
  queue: string,
  script: ReplayedScript,
): Promise<ScriptOutcome> {
  await setReplicationRole(db, "local", { isLocal: true });
  const outcome = await runNoted(db, log, queue, {
    ...script,
    attributes: script.attributes ?? "",
    isRootOnly: false,
    addsLabelAhead: (statement) => addLabelAhead(db, script.openAhead, statement),
  });
  await setReplicationRole(db, "replica", { isLocal: false }); // the script may have set it for the session
  return outcome;
}

interface NotedScript extends Script {
  readonly attributes: string;
  readonly isRootOnly: boolean;
  /** Null on the root, where no rows come behind it. */
  readonly addsLabelAhead: ((statement: string) => Promise<boolean>) | null;
}

async function runNoted(db: Connection, log: Logger, queue: string, script: NotedScript): Promise<ScriptOutcome> {
  if (!(await executeStart(db, log, queue, script))) return "repeated";
  const decision = await decideScript(db, queue, decodeScriptAttributes(script.attributes));
  if (decision.isWanted) await runOwnSettings(db, log, script, replaceTags(script.sql, decision.tags));
  await executeFinish(db, log, queue, script.name);
  return decision.isWanted ? "run" : "not here";
}

/** Settings and roles of the script end with it. */
async function runOwnSettings(db: Connection, log: Logger, script: NotedScript, sql: string): Promise<void> {
  const before = await readSettings(db);
  await runStatements(db, log, script, sql);
  const encoding = (await readSettings(db)).get("client_encoding");
  if (script.isRootOnly && encoding !== before.get("client_encoding")) {
    throw new SkytoolsError("WRONG_USE", `script ${script.name} sets client_encoding to ${encoding ?? "nothing"}`, {
      hint: "scripts are read and sent as UTF-8: convert the file, and leave the setting out",
    });
  }
  await restoreSettings(db, before);
}

/** One by one, so that an error can say which one. */
async function runStatements(db: Connection, log: Logger, script: NotedScript, sql: string): Promise<void> {
  let number = 0;
  for (const statement of splitStatements(sql)) {
    number += 1;
    const place = `script ${script.name}, statement ${number}`;
    if (TRANSACTION_CONTROL.test(statement)) {
      if (script.isRootOnly) throw endsTransaction(place, statement);
      log.warn({ script: script.name, statement: number }, "statement skipped: scripts run inside a transaction");
      continue;
    }
    if ((await script.addsLabelAhead?.(statement)) === true) continue;
    try {
      await db.execute(statement);
    } catch (error) {
      if (!(error instanceof PostgresError) || error.code !== "DATABASE") throw error;
      throw new PostgresError("SCRIPT_FAILED", `${place}: ${error.message}`, {
        cause: error,
        ...(error.details === undefined ? {} : { details: error.details }),
        hint: script.isRootOnly
          ? "no script of this call was run or sent: mend this one, and give all of them again"
          : "mend the cause, or have the script skipped on this node: skip-script",
      });
    }
  }
}

const TRANSACTION_CONTROL =
  /^(?:begin|commit|rollback(?!\s+to\b)|abort|end|start\s+transaction|prepare\s+transaction)\b/i;

function endsTransaction(place: string, statement: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `${place}: ${statement.trim()} cannot stand in a script`, {
    hint: "all scripts of one call run in one transaction; leave it out",
  });
}
