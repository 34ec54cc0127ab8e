// How long the library waits for answers to its own short statements. A network that swallows everything gives no error:
// without a limit a consumer would wait for ever. Statements of the user's handlers have no limit here.
import { callAfter } from "../clock/index.ts";
import { SkytoolsError } from "../errors/index.ts";

/** Milliseconds. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 30_000;
/** After one answer that did not come, other connections are suspect too: they get less time until one has answered. */
const SUSPECT_MS = 5_000;
const LAST_LOOK_MS = 100;

export interface AnswerLimitOptions {
  /** Milliseconds. */
  readonly answerTimeoutMs: number;
  /** Aborted: nothing is waited for any more. Its reason is the error then. */
  readonly signal?: AbortSignal;
}

export class AnswerLimit {
  readonly #answerTimeoutMs: number;
  readonly #signal: AbortSignal | null;
  #isSuspect = false;

  constructor({ answerTimeoutMs, signal }: AnswerLimitOptions) {
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#signal = signal ?? null;
  }

  /**
   * Waits for `work`. When it takes too long, the signal that it was given is aborted and `giveUp` is called, which
   * must not throw; what `work` comes to later is ignored.
   * @param factor - times the limit
   * @throws CONNECTION_LOST when no answer came in time
   */
  async wait<T>(
    work: (signal: AbortSignal) => Promise<T>,
    giveUp: (reason: unknown) => void = () => undefined,
    factor = 1,
  ): Promise<T> {
    const stop = this.#signal;
    if (stop?.aborted === true) throw stop.reason;
    const given = new AbortController();
    let reject: (reason: unknown) => void = () => undefined;
    const over = new Promise<never>((_, fail) => (reject = fail));
    const end = (reason: unknown): void => {
      reject(reason);
      given.abort(reason);
      giveUp(reason);
    };
    const limitMs = this.#isSuspect ? Math.min(SUSPECT_MS, this.#answerTimeoutMs) : this.#answerTimeoutMs * factor;
    const noAnswerCame = (): void => {
      this.#isSuspect = true;
      end(noAnswer(limitMs));
    };
    let cancel = callAfter(limitMs, () => {
      // a process that was busy for long has not looked yet at what has arrived
      cancel = callAfter(LAST_LOOK_MS, noAnswerCame);
    });
    const stopped = (): void => end(stop?.reason);
    stop?.addEventListener("abort", stopped, { once: true });
    try {
      const result = await Promise.race([work(given.signal), over]);
      this.#isSuspect = false;
      return result;
    } finally {
      cancel();
      stop?.removeEventListener("abort", stopped);
    }
  }
}

function noAnswer(limitMs: number): SkytoolsError {
  return new SkytoolsError("CONNECTION_LOST", `no answer from the server within ${limitMs} ms`, {
    hint: "the network or the server hangs; the connection was thrown away. The option answerTimeoutMs is the limit",
  });
}
