// Work that runs beside the main worker, one at a time of each kind, and not more often than it may.
import type { MonotonicClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";

export interface ChoreOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly clock: MonotonicClock;
  readonly log: Logger;
}

export class Chore {
  readonly #options: ChoreOptions;
  #startedMs: number | null = null;
  #running: Promise<void> | null = null;
  #next: (() => Promise<void>) | null = null;

  constructor(options: ChoreOptions) {
    this.#options = options;
  }

  /** Starts the work unless it ran a moment ago. While it runs, an urgent start comes after it. */
  start(work: () => Promise<void>, { isUrgent = false } = {}): void {
    const { clock, everyMs, log, name } = this.#options;
    if (this.#running !== null) {
      if (isUrgent) this.#next = work;
      return;
    }
    if (!isUrgent && this.#startedMs !== null && clock.monotonicMs() - this.#startedMs < everyMs) return;
    this.#startedMs = clock.monotonicMs();
    this.#running = work()
      .catch((error: unknown) => {
        if (!isAborted(error)) log.warn({ chore: name, error }, "background work failed; it is tried again");
      })
      .finally(() => {
        this.#running = null;
        const next = this.#next;
        this.#next = null;
        if (next !== null) this.start(next, { isUrgent: true });
      });
  }

  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof SkytoolsError && error.code === "ABORTED";
}
