// Lets one after the other through, in order of arrival: a connection runs one statement at a time.

export class Turnstile {
  #last: Promise<void> = Promise.resolve();
  #count = 0;
  #arrived = 0;

  /** Somebody is inside, or waits. */
  get isTaken(): boolean {
    return this.#count > 0;
  }

  /** How many have come, ever. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Waits for its turn; the caller must call what it gets, once, to let the next one in. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let open = (): void => undefined;
    this.#last = new Promise((resolve) => (open = resolve));
    this.#count += 1;
    this.#arrived += 1;
    await before;
    return () => {
      this.#count -= 1;
      open();
    };
  }
}
