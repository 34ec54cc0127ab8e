// sql_retry: a statement or a transaction that lost its connection is done again on a new one, within limits, so that
// the pass around it need not fail. Source: spec of the framework, 3.4 (execute_with_retry).
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { classify } from "../../postgres/index.ts";
import type { Logger } from "../logging/logger.ts";
import { redactedReason } from "../logging/redact.ts";

/** Durations in milliseconds; 0 is no limit for the first two. */
export interface SqlRetrySettings {
  readonly sqlRetry: boolean;
  readonly sqlRetryMaxCount: number;
  readonly sqlRetryMaxTime: number;
  readonly sqlRetryFormulaA: number;
  readonly sqlRetryFormulaB: number;
  readonly sqlRetryFormulaCap: number;
}

export interface SqlRetryHost {
  /** The present ones: a reload changes them. */
  readonly settings: () => SqlRetrySettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** @throws the last error; ABORTED when the program is to stop while it waits */
export async function retrySql<R>(work: () => Promise<R>, host: SqlRetryHost): Promise<R> {
  const { settings, log, clock, signal } = host;
  const startedAtMs = clock.now();
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const { sqlRetry } = settings();
      if (!sqlRetry || !isPassing(error)) throw error;
      const pauseMs = pauseBefore(tries, settings());
      if (isOver(tries, clock.now() + pauseMs - startedAtMs, settings())) {
        log.warn({ tries }, "sql_retry: giving up");
        throw error;
      }
      log.warn({ error: redactedReason(error), tries, pauseMs }, "sql_retry: connection trouble, will try again");
      await clock.sleep(pauseMs, signal);
      if (signal.aborted)
        throw new SkytoolsError("ABORTED", "stopped while waiting for the database", { cause: error });
    }
  }
}

function isPassing(error: unknown): boolean {
  return ["retry", "reconnect"].includes(classify(error).action);
}

function pauseBefore(tries: number, settings: SqlRetrySettings): number {
  const { sqlRetryFormulaA, sqlRetryFormulaB, sqlRetryFormulaCap } = settings;
  return Math.min(sqlRetryFormulaA + sqlRetryFormulaB * tries, sqlRetryFormulaCap);
}

/** `elapsedMs` is counted until the next try. */
function isOver(tries: number, elapsedMs: number, { sqlRetryMaxCount, sqlRetryMaxTime }: SqlRetrySettings): boolean {
  return (sqlRetryMaxCount > 0 && tries > sqlRetryMaxCount) || (sqlRetryMaxTime > 0 && elapsedMs > sqlRetryMaxTime);
}
