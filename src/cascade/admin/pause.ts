// Pausing and resuming the workers of nodes and other cascaded consumers. `paused` is our wish, `uptodate` the answer.
import { SkytoolsError } from "../../errors/index.ts";
import type { ConsumerState } from "../consumer/batch.ts";
import { getConsumerState, hasLiveProcess, setConsumerPaused } from "../sql-calls/index.ts";
import { type CascadeSet, firstLine } from "./cascade-set.ts";
import { waitFor } from "./wait.ts";

/** A consumer and the node that it writes to. */
export interface NodeConsumer {
  readonly node: string;
  readonly consumer: string;
  /** Default: the set's. Merge-leafs have queues of their own. */
  readonly queue?: string;
}

/** A process that is not there for so long does not run. */
const ABSENT_MS = 1000;
const LOOK_EVERY_MS = 250;

/**
 * Sets the flag, in one transaction with `before`, and waits until the consumer has seen it. One that does not run is not
 * waited for: the flag decides when it is started. @returns whether the flag was changed
 * @throws WAIT_TIMEOUT; SET_REFUSED when somebody else flips the flag meanwhile
 */
export async function setPausedAndWait(
  set: CascadeSet,
  { node, consumer, queue = set.queue }: NodeConsumer,
  isPaused: boolean,
  before?: () => Promise<void>,
): Promise<boolean> {
  const whom = { queue, consumer };
  const log = set.logOf(node);
  const own = await set.connect(node);
  const isChanged = await own.transaction(async () => {
    await before?.();
    return await setConsumerPaused(own, log, whom, isPaused);
  });
  const { clock } = set.context;
  let lookedMs = -Infinity;
  let absentSinceMs: number | null = null;
  const answer = await waitFor(
    set.context,
    `consumer '${consumer}' on node '${node}' to accept that it is ${isPaused ? "paused" : "resumed"}`,
    async () => {
      const db = await set.connect(node);
      const state = await getConsumerState(db, whom);
      if (state.isPaused !== isPaused) throw canceled(node, consumer);
      if (state.isUptodate) return "accepted";
      if (clock.now() - lookedMs < LOOK_EVERY_MS) return null;
      lookedMs = clock.now();
      absentSinceMs = (await hasLiveProcess(db, whom)) ? null : (absentSinceMs ?? lookedMs);
      return absentSinceMs !== null && lookedMs - absentSinceMs >= ABSENT_MS ? "absent" : null;
    },
  );
  if (answer === "absent") {
    log.info({}, `Consumer '${consumer}' on node '${node}' does not run: it will see that it is ${word(isPaused)}`);
  } else {
    log.info({}, `Consumer '${consumer}' on node '${node}' ${word(isPaused)}`);
  }
  return isChanged;
}

/** Remembers which consumers were paused by this run, so that a failure can resume them. */
export class Pauses {
  readonly #set: CascadeSet;
  readonly #paused = new Map<string, NodeConsumer>();

  constructor(set: CascadeSet) {
    this.#set = set;
  }

  async pause(whom: NodeConsumer): Promise<void> {
    // remembered before: a wait that times out has set the flag
    const { isPaused } = await this.state(whom);
    if (!isPaused) this.#paused.set(keyOf(whom), whom);
    await setPausedAndWait(this.#set, whom, true);
  }

  /** Also one that was paused before this run: a run before may have died. */
  async resume(whom: NodeConsumer, before?: () => Promise<void>): Promise<void> {
    await setPausedAndWait(this.#set, whom, false, before);
    this.#paused.delete(keyOf(whom));
  }

  async state({ node, consumer, queue = this.#set.queue }: NodeConsumer): Promise<ConsumerState> {
    return await getConsumerState(await this.#set.connect(node), { queue, consumer });
  }

  /** Resumes those that this run has paused, without waiting. */
  async restore(): Promise<void> {
    for (const { node, consumer, queue = this.#set.queue } of this.#paused.values()) {
      try {
        const db = await this.#set.connect(node);
        await setConsumerPaused(db, this.#set.logOf(node), { queue, consumer }, false);
      } catch (error) {
        this.#set.context.log.error(
          { node, consumer },
          `consumer '${consumer}' on node '${node}' is left paused: ${firstLine(error)}`,
        );
      }
    }
    this.#paused.clear();
  }
}

function keyOf({ node, consumer, queue = "" }: NodeConsumer): string {
  return JSON.stringify([node, queue, consumer]);
}

function word(isPaused: boolean): string {
  return isPaused ? "paused" : "resumed";
}

/** What another command does at the same time. */
export function canceled(node: string, consumer: string): SkytoolsError {
  return new SkytoolsError(
    "SET_REFUSED",
    `somebody else has changed consumer '${consumer}' on node '${node}': operation canceled?`,
    { hint: "see that no other command is running, then give this one again" },
  );
}
