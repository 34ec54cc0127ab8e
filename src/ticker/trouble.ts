// What kind of trouble an error is for a loop that could go on. Pure.
import { SkytoolsError } from "../errors/index.ts";
import { classify, PostgresError } from "../postgres/index.ts";

/**
 * - lost: the connection is gone or useless, another one may do
 * - denied: the server refuses us until somebody changes something
 * - statement: the server could not do what was asked
 */
export type Trouble = "lost" | "denied" | "statement";

const LOST_STATES = ["25006", "57014", "57P01", "57P02", "57P03"];

export function troubleOf(error: unknown): Trouble {
  if (error instanceof PostgresError && error.sqlstate !== null && LOST_STATES.includes(error.sqlstate)) return "lost";
  const code = error instanceof SkytoolsError ? error.code : null;
  const { action } = classify(error);
  if (code === "CONNECTION_LOST" || code === "CONNECTION_FAILED") return action === "stop" ? "denied" : "lost";
  return action === "reconnect" ? "lost" : "statement";
}

/** The compiler does not know that a signal changes while we wait. */
export function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
