// The steps between the last event of the old root and the first of the new one. Writers are refused from the moment the
// old root closes until the new one opens.
//
// The old root's own row decides who follows: it becomes a branch of the new node before that becomes root. Until then the
// takeover can be given up; from then on it can only be finished, whoever gives it again, and no other node can follow.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { tryLockSuccession } from "../consumer/lock.ts";
import {
  demoteRoot,
  getQueueLocations,
  isRefused,
  promoteBranch,
  type QueueDoors,
  readQueueDoors,
  readTickRange,
  requestTickHere,
  setQueueDoors,
} from "../sql-calls/index.ts";
import { type CascadeSet, firstLine, type LiveNode, refuse } from "./cascade-set.ts";
import type { Pauses } from "./pause.ts";
import type { Step } from "./plan.ts";
import { subscribeNode } from "./subscribe.ts";
import { waitFor } from "./wait.ts";

/** Writers wait meanwhile: who is not there by then gets its queue back. */
const LONGEST_SWITCH_MS = 30_000;
const QUICK = { pauseMs: 50 } as const;
const NEAR_MS = 250;
/** Where it never takes less, as on a slow network, the set is as near as it gets. */
const NEAR_ROUNDS = 12;

const OPEN: QueueDoors = { disableInsert: false, externalTicker: false };

export class Switch {
  readonly #set: CascadeSet;
  readonly #old: LiveNode;
  readonly #next: LiveNode;
  readonly #pauses: Pauses;
  #doorsBefore: QueueDoors | null = null;
  #lastTick: bigint | null = null;
  #closedMs: number | null = null;

  constructor(set: CascadeSet, pauses: Pauses, old: LiveNode, next: LiveNode) {
    this.#set = set;
    this.#pauses = pauses;
    this.#old = old;
    this.#next = next;
  }

  /** Until a tick that is made now arrives in the time that writers can be kept waiting. */
  async waitUntilNear(): Promise<void> {
    const { context } = this.#set;
    const { clock } = context;
    const { name } = this.#next;
    await this.#resumeNext();
    if (await this.#isClosed()) return; // it makes no ticks any more; all that there are, are waited for then
    for (let round = 1, tookMs = Infinity; tookMs > NEAR_MS && round <= NEAR_ROUNDS; round += 1) {
      const tick = await this.#newTick();
      const startedMs = clock.now();
      await waitFor(
        context,
        `node ${name} to catch up with tick ${tick}`,
        async () => await this.#hasTick(tick),
        QUICK,
      );
      tookMs = clock.now() - startedMs;
      context.log.debug({ tick: String(tick), tookMs }, `a tick takes ${tookMs} ms to arrive on node ${name}`);
    }
  }

  /** A run before has died behind that: if this one fails too, it opens the old root. */
  async #isClosed(): Promise<boolean> {
    const { disableInsert } = await readQueueDoors(await this.#set.connect(this.#old.name), this.#set.queue);
    if (disableInsert) this.#doorsBefore = OPEN;
    return disableInsert;
  }

  promotion(): readonly Step[] {
    const [old, next] = [this.#old.name, this.#next.name];
    return [
      { text: `close the queue of node ${old}: writers are refused`, run: () => this.#close() },
      { text: `wait until node ${next} has the last event`, run: () => this.#waitForLast() },
      { text: `make node ${old} a branch of node ${next}`, run: () => this.#handOver() },
      { text: `make node ${next} the root: it takes events`, run: () => this.#promote() },
    ];
  }

  /** A run before has died when the old root was a branch already: nobody can be root but the new node. */
  rest(): readonly Step[] {
    const { name } = this.#next;
    return [
      {
        text: `wait until node ${name} has the last event`,
        run: async () => {
          await this.#resumeNext();
          await this.#waitForLast();
        },
      },
      { text: `make node ${name} the root: it takes events`, run: () => this.#promote() },
    ];
  }

  /** What is left when the new node is root already, as old programs do it. */
  demotion(): readonly Step[] {
    const [old, next] = [this.#old.name, this.#next.name];
    return [
      { text: `subscribe node ${old} to node ${next}`, run: () => this.#subscribeOld() },
      {
        text: `make node ${old} a branch of node ${next}`,
        run: async () => {
          await demoteRoot(await this.#set.connect(old), this.#set.logOf(old), this.#set.queue, 3, next);
        },
      },
    ];
  }

  /**
   * After a failure: the old root takes events again, if it still is one. Were it handed over, or is that just being
   * committed, it is a branch when it can be locked.
   */
  async reopen(): Promise<void> {
    const doors = this.#doorsBefore;
    if (doors === null) return;
    const { context, queue } = this.#set;
    const [old, next] = [this.#old.name, this.#next.name];
    try {
      const db = await this.#set.connect(old);
      await db.transaction(async () => {
        await demoteRoot(db, this.#set.logOf(old), queue, 1, next); // locks the node, and refuses when it is no root
        await setQueueDoors(db, queue, doors);
      });
      context.log.warn({ node: old }, `the queue of node ${old} takes events again`);
      // another takeover that has closed it too sees that its tick is not the last one
      await requestTickHere(db, queue).catch(() => undefined);
    } catch (error) {
      const follower = isRefused(error) ? await this.#followerOfOld() : next;
      if (follower === next) {
        context.log.error(
          { node: old },
          `the queue of node ${old} is left closed: ${firstLine(error)}; give the command again`,
        );
      } else {
        context.log.warn(
          { node: old },
          `node ${old} reads from node ${follower} now: another takeover was first, and nothing is left to do`,
        );
      }
    }
  }

  async #followerOfOld(): Promise<string> {
    try {
      return (await this.#set.info(this.#old.name)).provider ?? this.#next.name;
    } catch {
      return this.#next.name; // nobody else is known
    }
  }

  async #close(): Promise<void> {
    const { queue } = this.#set;
    const { name } = this.#old;
    const db = await this.#set.connect(name);
    const before = await readQueueDoors(db, queue);
    this.#doorsBefore = before.disableInsert ? OPEN : before;
    const log = this.#set.logOf(name);
    this.#closedMs = this.#set.context.clock.now();
    await demoteRoot(db, log, queue, 1, this.#next.name);
    // Whoever looked at the queue just before it was closed may write just after the first tick: the second waits for
    // those too.
    await demoteRoot(db, log, queue, 2, this.#next.name);
    this.#lastTick = await demoteRoot(db, log, queue, 2, this.#next.name);
  }

  async #waitForLast(): Promise<void> {
    const { timeoutMs } = this.#set.context;
    const limitMs = Math.min(timeoutMs ?? LONGEST_SWITCH_MS, LONGEST_SWITCH_MS);
    const tick = this.#lastTick ?? (await this.#top(this.#old.name));
    const { name } = this.#next;
    await waitFor(this.#set.context, `node ${name} to reach tick ${tick}`, async () => await this.#hasTick(tick), {
      ...{ timeoutMs: limitMs, ...QUICK },
    });
  }

  /** The tick comes after the position: with it all is there. */
  async #hasTick(tick: bigint): Promise<true | null> {
    return (await this.#top(this.#next.name)) >= tick ? true : null;
  }

  /** One that is made on the old root now, or by its ticker as soon as it looks. */
  async #newTick(): Promise<bigint> {
    const { queue, context } = this.#set;
    const { name } = this.#old;
    const before = await this.#top(name);
    await requestTickHere(await this.#set.connect(name), queue);
    return await waitFor(
      context,
      `a tick on node ${name}`,
      async () => {
        const now = await this.#top(name);
        return now > before ? now : null;
      },
      QUICK,
    );
  }

  /** A pause would never end. */
  async #resumeNext(): Promise<void> {
    const whom = { node: this.#next.name, consumer: this.#next.worker };
    if ((await this.#pauses.state(whom)).isPaused) await this.#pauses.resume(whom);
  }

  /** What the new node must have, and nothing has come behind it, when the old root gives its role away. */
  async #handOver(): Promise<void> {
    const { queue, context } = this.#set;
    const [old, next] = [this.#old.name, this.#next.name];
    const [oldRoot, newRoot] = await Promise.all([this.#set.connect(old), this.#set.connect(next)]);
    await oldRoot.transaction(async () => {
      // First, for it locks the row: were the new node made root meanwhile by another run, the hook would put back what its
      // writers have moved on.
      const tick = await demoteRoot(oldRoot, this.#set.logOf(old), queue, 3, next);
      const { type } = await this.#set.info(next);
      if (type !== "branch" || tick !== this.#lastTick) throw changedMeanwhile(old);
      await context.hooks?.beforePromote?.({ oldRoot, newRoot, queue });
    });
  }

  /** Its worker need not be paused: the queue that it reads from is closed, and all of it is here, with its ticks. */
  async #promote(): Promise<void> {
    const { queue } = this.#set;
    const { name } = this.#next;
    const db = await this.#set.connect(name);
    await db.transaction(async () => {
      await this.#requireOldAlive(db);
      await promoteBranch(db, this.#set.logOf(name), queue);
      await this.#subscribeOld();
    });
    const { clock, log } = this.#set.context;
    if (this.#closedMs === null) return;
    const refusedMs = clock.now() - this.#closedMs;
    log.info({ refusedMs }, `writers were refused for ${(refusedMs / 1000).toFixed(2)} s`);
  }

  /** Who replaces a lost root marks it here first, and then makes another node root while it holds the same lock. */
  async #requireOldAlive(db: Connection): Promise<void> {
    const { context, queue } = this.#set;
    const [old, next] = [this.#old.name, this.#next.name];
    await waitFor(context, `another takeover to let go of node ${next}`, async () =>
      (await tryLockSuccession(db, queue)) ? true : null,
    );
    const isDead = (await getQueueLocations(db, queue)).some(({ name, isDead: dead }) => name === old && dead);
    if (!isDead) return;
    refuse(
      `node ${old} was marked as dead after it had given its role to node ${next}`,
      `see status; while no other node has taken its place: takeover ${old} --node=${next} --dead-root`,
    );
  }

  async #subscribeOld(): Promise<void> {
    const { name: node, worker } = this.#old;
    const tick = this.#lastTick ?? (await this.#top(node));
    await subscribeNode(this.#set, { provider: this.#next.name, node, worker, tick });
  }

  async #top(name: string): Promise<bigint> {
    const range = await readTickRange(await this.#set.connect(name), this.#set.queue);
    if (range === null) refuse(`the queue of node ${name} has no ticks`);
    return range.newest;
  }
}

function changedMeanwhile(node: string): SkytoolsError {
  return new SkytoolsError(
    "SET_REFUSED",
    `somebody else has opened or closed the queue of node ${node}, or given it a follower`,
    {
      hint: "see that no other takeover is running, then give the command again",
    },
  );
}
