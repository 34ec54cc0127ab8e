// What a program opened, in the order of opening, and what it does in the background. Closing runs in reverse, also
// when start-up fails half-way.
//
//   idle --start--> starting --> running --stop--> stopping --> stopped
//                       | fails: everything opened so far is closed, then the error comes out of start()
import { SkytoolsError } from "../errors/index.ts";
import type { Logger } from "./logging/logger.ts";

export type Closer = () => Promise<void> | void;

export class LifeCycle implements AsyncDisposable {
  readonly #log: Logger;
  readonly #closers: { readonly name: string; readonly close: Closer }[] = [];
  readonly #background = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #failure: Error | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Aborted as soon as stop() is called: everything that waits takes it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Pushes a closer; the last one pushed runs first. After stop() it runs at once. */
  async onClose(name: string, close: Closer): Promise<void> {
    if (this.#stopping === null) this.#closers.push({ name, close });
    else await close();
  }

  /** Opens something and pushes its disposal. */
  async use<T extends AsyncDisposable>(name: string, opening: Promise<T> | T): Promise<T> {
    const resource = await opening;
    await this.onClose(name, () => Promise.resolve(resource[Symbol.asyncDispose]()));
    if (this.signal.aborted) throw new SkytoolsError("ABORTED", "stopped by a signal while starting");
    return resource;
  }

  /** Runs work that nobody waits for. Its error stops the program and comes out of stop(). */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    const running = (async () => work(this.signal))().catch((error: unknown) => {
      const isExpected = this.signal.aborted && error instanceof SkytoolsError && error.code === "ABORTED";
      if (isExpected) return;
      this.#log.error({ task: name, error: asError(error).message }, "background task failed");
      this.#failure ??= asError(error);
      this.#abort.abort();
    });
    this.#background.add(running);
    void running.then(() => this.#background.delete(running));
  }

  /** Runs `open` once; who calls again gets the same promise. When it fails, everything opened is closed first. */
  start(open: (life: LifeCycle) => Promise<void>): Promise<void> {
    this.#starting ??= this.#start(open);
    return this.#starting;
  }

  /** Aborts the signal, waits for the background, closes in reverse. Safe to call again, at the same time, or while starting. */
  stop(): Promise<void> {
    this.#abort.abort();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(open: (life: LifeCycle) => Promise<void>): Promise<void> {
    try {
      await open(this);
    } catch (error) {
      // Not through #stopping: that one waits for the start.
      this.#abort.abort();
      await this.#closeAll();
      throw error;
    }
  }

  async #stop(): Promise<void> {
    // A start that fails tells its own caller.
    await this.#starting?.catch(() => undefined);
    await this.#closeAll();
    if (this.#failure !== null) throw this.#failure;
  }

  async #closeAll(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        // The others must still be closed; the first error is the one that tells.
        this.#failure ??= asError(error);
        this.#log.error({ resource: closer.name, error: asError(error).message }, "closing failed");
      }
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
