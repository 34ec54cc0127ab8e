// How many ticks a branch reads at once: about as many as it applies in a second, so that it looks at its node as often.
const FIRST = 8;
const MOST = 64;
const AIM_MS = 1_000;

export class TickPace {
  #ticks = FIRST;

  get ticks(): number {
    return this.#ticks;
  }

  applied(ticks: number, durationMs: number): void {
    const inTime = Math.floor((ticks * AIM_MS) / Math.max(1, durationMs));
    this.#ticks = Math.max(1, Math.min(MOST, 2 * this.#ticks, inTime));
  }

  /** They did not fit into the memory: the next ones are taken one by one. */
  tooMuch(): void {
    this.#ticks = 1;
  }
}
