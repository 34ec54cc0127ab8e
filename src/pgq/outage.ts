// Is a connection lost, or can none be made? Such trouble passes by itself, and whoever waits for that looks often.
import { errnoOf } from "../errors/index.ts";
import { sqlstateOf } from "./sqlstate-of.ts";

/** Connection exceptions, a server that stops, crashes, starts or ends sessions, too many connections. */
const STATES = /^(08...|57P0[1235]|53300)$/;
/** Of connections that were open: Node's, postgres.js's, ours. */
const LOST = new Set(["ECONNRESET", "EPIPE", "CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_LOST"]);
/** Of connections that cannot be made. */
const UNREACHABLE = new Set([
  ...["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "ENOENT"],
  ...["CONNECT_TIMEOUT", "CONNECTION_FAILED"],
]);
/** pg has no codes. */
const MESSAGES =
  /^connection terminated|connection error and is not queryable|^timeout exceeded when trying to connect/i;

/** An open connection to the server is gone. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlstateOf(error);
  if (state !== null) return STATES.test(state);
  if (!(error instanceof Error)) return false;
  return LOST.has(errnoOf(error) ?? "") || MESSAGES.test(error.message);
}

/** The same, or none can be made. For errors of our own statements: a handler's may come from anywhere. */
export function isOutage(error: unknown): boolean {
  if (isConnectionLost(error)) return true;
  return sqlstateOf(error) === null && UNREACHABLE.has(errnoOf(error) ?? "");
}
