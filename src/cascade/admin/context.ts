// What administration of a set is handed: connections, a log, time. No files, no flags.
import type { Clock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { SetHooks } from "./hooks.ts";

/** Opens connections and keeps them; each call gives one that is open. Nobody else uses them meanwhile. */
export interface NodeConnections {
  /** The database of the own node. */
  local(): Promise<Connection>;
  /** Another database, by the connection string under which others know it. */
  at(location: string): Promise<Connection>;
}

export interface AdminContext {
  readonly queue: string;
  readonly connections: NodeConnections;
  readonly log: Logger;
  readonly clock: Clock;
  /** Aborted: what waits stops waiting, and what was changed on the way is restored. */
  readonly signal: AbortSignal;
  /** Members that are taken for dead during this run. */
  readonly assumedDead?: readonly string[];
  /** How long one wait may take. null: for ever. */
  readonly timeoutMs: number | null;
  readonly hooks?: SetHooks;
}

/** The same log with the name of another node before each text. */
export function logOf(log: Logger, node: string): Logger {
  const prefixed =
    (method: Logger["info"]): Logger["info"] =>
    (fields, text) =>
      method(fields, `[${node}] ${text}`);
  return {
    error: prefixed(log.error),
    warn: prefixed(log.warn),
    info: prefixed(log.info),
    debug: prefixed(log.debug),
    trace: prefixed(log.trace),
  };
}
