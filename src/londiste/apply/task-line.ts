// Work on the one target session, in order, some of it ahead of its caller. After an error nothing more is run.

/** Being worked on, and waiting: more would only fill memory. */
const MOST = 2;

export class TaskLine {
  readonly #tasks: Promise<void>[] = [];
  #failure: { readonly error: unknown } | null = null;

  /**
   * Puts the work at the end of the line; resolves when there is room in it. `prepare` is called at once then, while the
   * work before it may still run. @throws the error of earlier work
   */
  async add(work: () => Promise<void>, prepare?: () => void): Promise<void> {
    while (this.#tasks.length >= MOST) await this.#first();
    this.#throwFailure();
    prepare?.();
    const before = this.#tasks.at(-1) ?? Promise.resolve();
    const task = before.then(() => this.#run(work));
    this.#tasks.push(task);
  }

  /** Resolves when everything is done. @throws the first error */
  async empty(): Promise<void> {
    while (this.#tasks.length > 0) await this.#first();
    this.#throwFailure();
  }

  async #first(): Promise<void> {
    const [first] = this.#tasks;
    await first;
    if (this.#tasks[0] === first) void this.#tasks.shift();
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== null) return;
    try {
      await work();
    } catch (error) {
      this.#failure = { error };
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
