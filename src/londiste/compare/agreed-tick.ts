// One moment for two nodes of a set, without stopping anybody: the source's snapshot is taken first, then a tick that has
// all of it is looked for, and the target's snapshot is taken once its worker has passed that tick. What the target got
// beyond it is told from differences by looking again.
//
//   source is root:    the tick is made after the snapshot
//   source is branch:  its tables are exactly at the tick at which its worker stood in the snapshot
import { getNodeInfo } from "../../cascade/index.ts";
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { tickQueueAnew } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Agreement } from "./options.ts";

export interface AgreedTickOptions {
  readonly queue: string;
  /** Sessions beside those that read the tables; opened when they are first needed. */
  readonly openSource: () => Promise<Connection>;
  readonly openTarget: () => Promise<Connection>;
  readonly clock: Clock;
  /** How long the target may take to get there. null: for ever. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

export class AgreedTick implements AsyncDisposable {
  readonly #options: AgreedTickOptions;
  #source: Promise<Connection> | null = null;
  #target: Promise<Connection> | null = null;

  constructor(options: AgreedTickOptions) {
    this.#options = options;
  }

  /** @throws COMPARE_LAG when the target does not get there in time, TICK_TIMEOUT when no ticker works */
  readonly agree: Agreement = async (snapshot) => {
    const { queue, openTarget } = this.#options;
    this.#target ??= openTarget();
    this.#target.catch(() => undefined); // it is thrown to who waits for it
    const info = await getNodeInfo(snapshot, queue);
    if (info === null) throw new SkytoolsError("WRONG_USE", `${snapshot.facts.database} is no node of queue ${queue}`);
    const tick = info.type === "root" ? await this.#makeTick() : info.lastTick;
    if (tick === null) return;
    await this.#waitFor(await this.#target, tick);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of [this.#source, this.#target]) {
      const db = await opening?.catch(() => null);
      await db?.close();
    }
  }

  async #makeTick(): Promise<bigint> {
    const { queue, openSource, clock, timeoutMs, signal } = this.#options;
    return await tickQueueAnew(await (this.#source ??= openSource()), queue, {
      pause: (ms: number) => clock.sleep(ms, signal),
      ...(timeoutMs === null ? {} : { timeoutMs }),
    });
  }

  async #waitFor(db: Connection, tick: bigint): Promise<void> {
    const { queue, clock, timeoutMs, signal } = this.#options;
    const startedAt = clock.now();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      signal?.throwIfAborted();
      const info = await getNodeInfo(db, queue);
      const position = info?.lastTick ?? null;
      if (position !== null && position >= tick) return;
      if (timeoutMs !== null && clock.now() - startedAt >= timeoutMs) {
        throw new SkytoolsError(
          "COMPARE_LAG",
          `Consumer lagging too much, exiting: at tick ${position ?? "none"}, not ${tick}`,
          {
            hint: "see that the node's worker runs and is not paused, or give it more time: --timeout",
          },
        );
      }
      await clock.sleep(pauseMs, signal);
    }
  }
}
