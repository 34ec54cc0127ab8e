// Waiting for the next tick: by LISTEN where it works, and by looking again after a while in any case.
import type { Clock } from "../../clock/index.ts";
import { backoffMs } from "../../clock/index.ts";
import type { Database, Listening } from "../database.ts";
import { withinMs } from "../drivers/limited.ts";
import { reconnectChannel, wakeUpChannel } from "../telemetry/channels.ts";
import { TICK_CHANNEL } from "../wake-up.ts";

const RECONNECT_FIRST_MS = 200;
const RECONNECT_LIMIT_MS = 5_000;
/** While notifications come, polling is only for the case that one got lost. */
const POLL_FACTOR_WHEN_NOTIFIED = 4;
const STOP_LIMIT_MS = 1_000;

export interface WakeUpOptions {
  readonly database: Database;
  readonly queue: string;
  readonly consumer: string;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  /** Called when a notification says that there is a tick. */
  readonly onTick?: () => void;
  readonly listen: boolean | "unless pooled";
  /** Called once when there is a pooler, so that nothing is listened for. */
  readonly onPolling: () => void;
}

export class WakeUp {
  readonly #options: WakeUpOptions;
  readonly #stopping = new AbortController();
  #listening: Promise<void> | null = null;
  #isNotified = false;
  #isReliable = false;
  #tell: (() => void) | null = null;

  constructor(options: WakeUpOptions) {
    this.#options = options;
  }

  /** Begins to listen, in the background. May be called again. */
  start(): void {
    const { database, listen } = this.#options;
    if (database.listen === undefined || listen === false) return;
    this.#listening ??= this.#listen();
  }

  /** Wakes whoever waits, or the next one. */
  wake(): void {
    this.#isNotified = true;
    this.#tell?.();
  }

  /** To be called before looking for a batch: what is notified from here on ends the wait that may follow. */
  forget(): void {
    this.#isNotified = false;
  }

  /** Until a notification, the poll interval, or the signal. @returns whether there was a notification */
  async wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return true;
    if (!this.#isNotified) await this.#sleep(signal);
    if (!isAborted(signal)) this.#wokenBy(this.#isNotified ? "notification" : "poll");
    return this.#isNotified;
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const { pollIntervalMs, clock } = this.#options;
    const woken = new AbortController();
    this.#tell = () => woken.abort();
    const pollMs = this.#isReliable ? pollIntervalMs * POLL_FACTOR_WHEN_NOTIFIED : pollIntervalMs;
    await clock.sleep(pollMs, AbortSignal.any([signal, woken.signal]));
    this.#tell = null;
  }

  /** A notification got lost, or may have: until the next one, polling is at its own pace. */
  doubt(): void {
    this.#isReliable = false;
  }

  /** Does not wait long for a network that gives no answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#listening !== null) await withinMs(STOP_LIMIT_MS, this.#listening);
    this.#listening = null;
  }

  async #listen(): Promise<void> {
    const { database, queue, clock, listen, onPolling } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted;) {
      let cause: unknown = null;
      try {
        if (listen === "unless pooled" && (await database.isPooled?.()) === true) {
          onPolling();
          return;
        }
        const listening = await database.listen?.(TICK_CHANNEL, (payload) => {
          if (payload !== "" && payload !== queue) return;
          this.#isReliable = true;
          this.wake();
          this.#options.onTick?.();
        });
        if (listening === undefined) return;
        failures = 0;
        this.wake(); // what was notified before is not told again
        cause = await untilEnded(listening, signal);
      } catch (error) {
        cause = error;
        // While the server is away, polling goes on.
      }
      this.#isReliable = false;
      failures += 1;
      const retryInMs = backoffMs(RECONNECT_FIRST_MS, failures, clock.random(), RECONNECT_LIMIT_MS);
      if (!isAborted(signal)) this.#lost(cause, failures, retryInMs);
      await clock.sleep(retryInMs, signal);
    }
  }

  #lost(cause: unknown, failures: number, retryInMs: number): void {
    if (!reconnectChannel.hasSubscribers) return;
    const { queue, consumer } = this.#options;
    reconnectChannel.publish({ queue, consumer, session: "listen", cause, failures, retryInMs });
  }

  #wokenBy(by: "notification" | "poll"): void {
    if (!wakeUpChannel.hasSubscribers) return;
    const { queue, consumer } = this.#options;
    wakeUpChannel.publish({ queue, consumer, by });
  }
}

/** @returns what ended it */
async function untilEnded(listening: Listening, signal: AbortSignal): Promise<unknown> {
  const stop = (): void => void listening.stop().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const cause = await listening.ended;
  signal.removeEventListener("abort", stop);
  return cause;
}

/** A call, so that the compiler does not take the answer of an earlier look for granted. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
