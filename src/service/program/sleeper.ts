// Sleep that anybody can end: a stop, a reload, a notification. Who wakes it while nobody sleeps spares the next sleep.
import type { Clock } from "../../clock/index.ts";

export class Sleeper {
  readonly #clock: Clock;
  #current: AbortController | null = null;
  #isWoken = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends early when wake() is called or was called since the last sleep. */
  async sleep(ms: number): Promise<void> {
    if (!this.#isWoken && ms > 0) {
      this.#current = new AbortController();
      await this.#clock.sleep(ms, this.#current.signal);
      this.#current = null;
    }
    this.#isWoken = false;
  }

  wake(): void {
    this.#isWoken = true;
    this.#current?.abort();
  }
}
