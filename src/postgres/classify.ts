// Is it worth while to try again, and how? One answer for every error.
import { SkytoolsError } from "../errors/index.ts";
import { PostgresError, statementError } from "./postgres-error.ts";
import { type Classification, sqlstateTable, unknownState } from "./sqlstates.ts";

const RECONNECT: Classification = { action: "reconnect", delayMs: 1000 };
const STOP: Classification = { action: "stop", delayMs: 0 };
const USER: Classification = { action: "user", delayMs: 0 };

/** Takes our errors and the driver's. Errors that have nothing to do with a database are the user's. */
export function classify(error: unknown): Classification {
  const known = error instanceof SkytoolsError ? error : statementError(error);
  const sqlstate = sqlstateOf(known);
  const byState = sqlstate === null ? undefined : (sqlstateTable[sqlstate] ?? sqlstateTable[sqlstate.slice(0, 2)]);
  if (known.code === "CONNECTION_LOST") return byState?.action === "stop" ? byState : (byState ?? RECONNECT);
  if (byState !== undefined) return byState;
  if (known.code === "CONNECTION_FAILED") return sqlstate === null ? RECONNECT : STOP;
  return known.code === "DATABASE" && sqlstate !== null ? unknownState : USER;
}

function sqlstateOf(error: SkytoolsError): string | null {
  if (error instanceof PostgresError) return error.sqlstate;
  const details: unknown = error.details;
  if (typeof details !== "object" || details === null || !("sqlstate" in details)) return null;
  return typeof details.sqlstate === "string" ? details.sqlstate : null;
}
