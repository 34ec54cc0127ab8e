// How a program that was told to stop ends within a second: the batch may be finished if that is quick; else its
// statements are cancelled, and its sessions closed where that does not help. The batch comes again.
import { callAfter } from "../../clock/index.ts";

const GRACE_MS = 500;
const CANCEL_MS = 250;

export class StopGrace implements Disposable {
  readonly #over = new AbortController();
  readonly #stop: AbortSignal;
  readonly #close: () => void;
  #cancel = (): void => undefined;

  /** @param close - ends the sessions at once; must not throw */
  constructor(stop: AbortSignal, close: () => void) {
    this.#stop = stop;
    this.#close = close;
    stop.addEventListener("abort", this.#stopped, { once: true });
  }

  /** Aborted when the work is to be given up. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#stop.removeEventListener("abort", this.#stopped);
  }

  readonly #stopped = (): void => {
    this.#cancel = callAfter(GRACE_MS, () => {
      this.#over.abort();
      this.#cancel = callAfter(CANCEL_MS, this.#close);
    });
  };
}
