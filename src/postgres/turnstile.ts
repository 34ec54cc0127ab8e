// Lets one after the other through, in order of arrival: a connection runs one statement at a time.

export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Waits for its turn; the caller must call what it gets, once, to let the next one in. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave = (): void => undefined;
    this.#last = new Promise((resolve) => (leave = resolve));
    await before;
    return leave;
  }
}
