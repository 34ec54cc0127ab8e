// How long a consumer waits after a pass that failed.
import { backoffMs, type Clock } from "../../clock/index.ts";
import { isConnectionLost, isOutage } from "../outage.ts";
import { concernsBatch } from "./failure.ts";

const FIRST_MS = 500;
/** A batch whose work fails again and again. */
const WORK_LIMIT_MS = 30_000;
/** The server is away, or it asked for another try: looking is cheap, and nobody wants to wait when it is back. */
const OUTAGE_LIMIT_MS = 2_000;

/** Where a pass failed: in our own statements, or in the handler and what it did to its transaction. */
export type Stage = "looking" | "working";

export class RetryPace {
  readonly #clock: Clock;
  #outages = 0;
  #failures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Passes that failed in a row. */
  get failures(): number {
    return this.#outages + this.#failures;
  }

  /** A pass failed. @returns milliseconds until the next try */
  failed(error: unknown, stage: Stage): number {
    if (passes(error, stage)) {
      this.#outages += 1;
      return backoffMs(FIRST_MS, this.#outages, this.#clock.random(), OUTAGE_LIMIT_MS);
    }
    this.#failures += 1;
    return backoffMs(FIRST_MS, this.#failures, this.#clock.random(), WORK_LIMIT_MS);
  }

  /** A batch was finished. */
  succeeded(): void {
    this.#outages = 0;
    this.#failures = 0;
  }
}

function passes(error: unknown, stage: Stage): boolean {
  return stage === "looking"
    ? isOutage(error) || concernsBatch(error)
    : isConnectionLost(error) || concernsBatch(error);
}
