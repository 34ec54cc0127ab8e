// Work on the one target session, in order, some of it ahead of its caller. After an error nothing more is run.

export interface Task {
  run(): Promise<void>;
  /** Called at once, while what stands before it may still run. @param isNext - all of that has been sent already */
  prepare?(isNext: boolean): void;
  /** It has been sent, so that another one may be sent behind it. */
  readonly isSent?: boolean;
}

/** Being worked on, and waiting: more would only fill memory. */
const MOST = 2;

export class TaskLine {
  readonly #tasks: { readonly task: Task; readonly done: Promise<void> }[] = [];
  #failure: { readonly error: unknown } | null = null;

  /** Puts the task at the end of the line; resolves when there is room in it. @throws the error of an earlier one */
  async add(task: Task): Promise<void> {
    while (this.#tasks.length >= MOST) await this.#first();
    this.#throwFailure();
    task.prepare?.(this.#tasks.every((before) => before.task.isSent === true));
    const before = this.#tasks.at(-1)?.done ?? Promise.resolve();
    this.#tasks.push({ task, done: before.then(() => this.#run(task)) });
  }

  /** Resolves when everything is done. @throws the first error */
  async empty(): Promise<void> {
    while (this.#tasks.length > 0) await this.#first();
    this.#throwFailure();
  }

  async #first(): Promise<void> {
    const [first] = this.#tasks;
    await first?.done;
    if (this.#tasks[0] === first) void this.#tasks.shift();
  }

  async #run(task: Task): Promise<void> {
    if (this.#failure !== null) return;
    try {
      await task.run();
    } catch (error) {
      this.#failure = { error };
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
