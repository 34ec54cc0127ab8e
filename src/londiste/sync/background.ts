// Work that runs beside the main worker, one at a time of each kind, and not more often than it may.
import type { MonotonicClock } from "../../clock/index.ts";
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

  constructor(options: ChoreOptions) {
    this.#options = options;
  }

  /** Starts the work unless it runs, or ran a moment ago. An error is logged; the next time may do better. */
  start(work: () => Promise<void>, { isUrgent = false } = {}): void {
    const { clock, everyMs, log, name } = this.#options;
    if (this.#running !== null) return;
    if (!isUrgent && this.#startedMs !== null && clock.monotonicMs() - this.#startedMs < everyMs) return;
    this.#startedMs = clock.monotonicMs();
    this.#running = work()
      .catch((error: unknown) => log.warn({ chore: name, error }, "background work failed; it is tried again"))
      .finally(() => (this.#running = null));
  }

  async settled(): Promise<void> {
    await this.#running;
  }
}
