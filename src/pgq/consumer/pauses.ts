// A consumer can be paused for several reasons at once; it goes on when none is left.

export class Pauses {
  readonly #reasons = new Set<string>();
  #resumed: (() => void)[] = [];

  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  add(reason: string): void {
    this.#reasons.add(reason);
  }

  /** Without a reason: all of them. */
  remove(reason?: string): void {
    if (reason === undefined) this.#reasons.clear();
    else this.#reasons.delete(reason);
    if (this.#reasons.size > 0) return;
    const resumed = this.#resumed;
    this.#resumed = [];
    for (const tell of resumed) tell();
  }

  /** Until no reason is left, or the signal. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#reasons.size === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#resumed.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
