// A sleep that somebody else can end.
import type { Clock } from "../../clock/index.ts";

export class Alarm {
  readonly #clock: Clock;
  #isRung = false;
  #sleeper: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the sleep that is on, else the next one before it begins. */
  ring(): void {
    this.#isRung = true;
    this.#sleeper?.abort();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isRung && !signal.aborted) {
      this.#sleeper = new AbortController();
      await this.#clock.sleep(ms, AbortSignal.any([signal, this.#sleeper.signal]));
      this.#sleeper = null;
    }
    this.#isRung = false;
  }
}
