// A pause that can be cut short, and a gate to wait at.
import type { MonotonicClock } from "../clock/index.ts";

/** Sleeps until the time is over or somebody rings, whichever comes first. */
export class Alarm {
  readonly #clock: MonotonicClock;
  #dueAtMs = Infinity;
  #waiting: AbortController | null = null;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** Lets the present or the next sleep end in so many milliseconds, unless an earlier end is set. */
  ring(inMs: number): void {
    const dueAtMs = this.#clock.monotonicMs() + inMs;
    if (dueAtMs >= this.#dueAtMs) return;
    this.#dueAtMs = dueAtMs;
    this.#waiting?.abort();
  }

  /** @returns true when somebody rang */
  async sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    const endMs = this.#clock.monotonicMs() + ms;
    for (;;) {
      const leftMs = Math.min(endMs, this.#dueAtMs) - this.#clock.monotonicMs();
      if (leftMs <= 0 || signal.aborted) break;
      this.#waiting = new AbortController();
      await this.#clock.sleep(leftMs, AbortSignal.any([signal, this.#waiting.signal]));
      this.#waiting = null;
    }
    const hasRung = this.#dueAtMs <= endMs && !signal.aborted;
    this.#dueAtMs = Infinity;
    return hasRung;
  }
}

/** Open or closed; whoever waits goes on when it opens. */
export class Gate {
  #isOpen = false;
  #waiting: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#isOpen;
  }

  set(isOpen: boolean): void {
    this.#isOpen = isOpen;
    if (isOpen) for (const go of this.#waiting.splice(0)) go();
  }

  /** Ends without an error when the signal is aborted. */
  async pass(signal: AbortSignal): Promise<void> {
    while (!this.#isOpen && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
}
