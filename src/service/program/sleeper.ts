// Sleep that anybody can end: a stop, a reload, a notification. Who wakes it while nobody sleeps spares the next sleep.
import type { Clock } from "../../clock/index.ts";

export class Sleeper {
  readonly #clock: Clock;
  #current: { readonly ending: AbortController; readonly isPause: boolean } | null = null;
  #isWoken = false;
  #isNotified = false;
  /** The last sleep was ended by wake(). */
  #wasWoken = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends early when wake() or notify() is called or was called since the last sleep. */
  async sleep(ms: number): Promise<void> {
    await this.#sleep(ms, this.#isWoken || this.#isNotified, false);
  }

  /**
   * The same after an error; only wake() shortens it: work that fails is not to be tried faster the more comes in.
   * @returns whether it was shortened
   */
  async pause(ms: number): Promise<boolean> {
    await this.#sleep(ms, this.#isWoken, true);
    return this.#wasWoken;
  }

  wake(): void {
    this.#isWoken = true;
    this.#current?.ending.abort();
  }

  /** There may be work. */
  notify(): void {
    this.#isNotified = true;
    if (this.#current?.isPause === false) this.#current.ending.abort();
  }

  async #sleep(ms: number, isSpared: boolean, isPause: boolean): Promise<void> {
    if (!isSpared && ms > 0) {
      const ending = new AbortController();
      this.#current = { ending, isPause };
      await this.#clock.sleep(ms, ending.signal);
      this.#current = null;
    }
    this.#wasWoken = this.#isWoken;
    this.#isWoken = false;
    this.#isNotified = false; // the next pass looks anyway
  }
}
