// takeover of a living root: the new node becomes root, the old one a branch below it. Writers are refused from the
// moment the old root closes until the new one opens; everything that can take long is done before.
import {
  demoteRoot,
  getNodeInfo,
  getSubscriberInfo,
  promoteBranch,
  type QueueDoors,
  readQueueDoors,
  readTickRange,
  requestTickHere,
  setQueueDoors,
} from "../sql-calls/index.ts";
import { type CascadeSet, firstLine, type LiveNode, refuse } from "./cascade-set.ts";
import { moveSteps } from "./move-consumer.ts";
import { type NodeConsumer, Pauses } from "./pause.ts";
import type { Plan, Step } from "./plan.ts";
import { subscribeNode, unsubscribeNode } from "./subscribe.ts";
import { byName, requireNoLoop } from "./topology.ts";
import { waitFor } from "./wait.ts";

export interface SwitchoverOptions {
  readonly oldNode: string;
  readonly newNode: string;
  /** Other nodes that read from the old one are moved to the new one. */
  readonly movesAll: boolean;
}

/** Writers wait meanwhile: who is not there by then gets its queue back. */
const LONGEST_SWITCH_MS = 30_000;
const QUICK = { pauseMs: 50 } as const;
const NEAR_MS = 250;
/** Where it never takes less, as on a slow network, the set is as near as it gets. */
const NEAR_ROUNDS = 12;

/** @throws NODE_UNKNOWN, SET_REFUSED; what connecting to either node throws */
export async function planSwitchover(set: CascadeSet, options: SwitchoverOptions): Promise<Plan> {
  const { oldNode, newNode, movesAll } = options;
  const [old, next] = await Promise.all([set.info(oldNode), set.info(newNode)]);
  if (next.type === "leaf") refuse(`node ${newNode} is a leaf: it has no copy of the queue and cannot become root`);
  requireSameTargets(old, next);
  const pauses = new Pauses(set);
  const merges = await mergeWorkers(set, old);
  const doors = await readQueueDoors(await set.connect(oldNode), set.queue);
  if (next.type === "root" && old.type === "root" && !doors.disableInsert) {
    refuse(
      `nodes ${oldNode} and ${newNode} are both root, and both take events`,
      `one of them was replaced as dead: run resurrect on it`,
    );
  }
  if (old.type === "root" && next.type !== "root") {
    const [oldRoot, newRoot] = await Promise.all([set.connect(oldNode), set.connect(newNode)]);
    await set.context.hooks?.checkPromote?.({ oldRoot, newRoot, queue: set.queue });
  }
  const change = new Switch(set, pauses, old, next);
  const wasRoot = next.type === "root";
  const isDone = wasRoot && old.type !== "root" && old.provider === newNode;
  const before = isDone || wasRoot ? [] : await preparation(set, pauses, change, { old, next, merges, movesAll });
  return {
    steps: [
      ...before,
      ...(wasRoot ? [] : change.promotion()),
      ...(old.type === "root" ? change.demotion() : []),
      ...(await resumption(pauses, isDone, { node: oldNode, consumer: old.worker }, merges)),
    ],
    outcome: isDone ? `Node '${newNode}' is root already, '${oldNode}' reads from it` : `Node '${newNode}' is root now`,
    restore: async () => {
      await change.reopen();
      await pauses.restore();
    },
  };
}

async function preparation(
  set: CascadeSet,
  pauses: Pauses,
  change: Switch,
  {
    old,
    next,
    merges,
    movesAll,
  }: { old: LiveNode; next: LiveNode; merges: readonly NodeConsumer[]; movesAll: boolean },
): Promise<readonly Step[]> {
  const others = movesAll ? await otherSubscribers(set, old.name, next.name) : [];
  return [
    ...others.flatMap(({ node, worker }) =>
      moveSteps(set, pauses, { node, consumer: worker, isWorker: true, provider: next.name }),
    ),
    ...merges.flatMap((merge) => mergeSteps(set, pauses, merge, next.name)),
    {
      text: `pause consumer ${old.worker} of node ${old.name}`,
      run: () => pauses.pause({ node: old.name, consumer: old.worker }),
    },
    {
      text: `wait until node ${next.name} has nearly caught up with node ${old.name}`,
      run: () => change.waitUntilNear(),
    },
  ];
}

/** The nodes besides the new one that read from the old one, and can be moved below the new one. */
export async function otherSubscribers(
  set: CascadeSet,
  oldNode: string,
  newNode: string,
): Promise<readonly { readonly node: string; readonly worker: string }[]> {
  const nodes = byName(await set.liveNodes());
  const subscribers = await getSubscriberInfo(await set.connect(oldNode), set.queue);
  const others = subscribers.filter(({ node }) => node !== newNode && nodes.get(node)?.provider === oldNode);
  for (const { node } of others) requireNoLoop(nodes, node, newNode);
  return others.map(({ node }) => ({ node, worker: nodes.get(node)?.worker ?? "" }));
}

/** The steps between the last event of the old root and the first of the new one. */
const OPEN: QueueDoors = { disableInsert: false, externalTicker: false };

class Switch {
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
      { text: `make node ${next} the root: it takes events`, run: () => this.#promote() },
    ];
  }

  demotion(): readonly Step[] {
    const { queue } = this.#set;
    const [old, next] = [this.#old.name, this.#next.name];
    return [
      {
        text: `subscribe node ${old} to node ${next}`,
        run: async () => {
          const tick = this.#lastTick ?? (await this.#top(old));
          await subscribeNode(this.#set, { provider: next, node: old, worker: this.#old.worker, tick });
        },
      },
      {
        text: `make node ${old} a branch of node ${next}`,
        run: async () => {
          await demoteRoot(await this.#set.connect(old), this.#set.logOf(old), queue, 3, next);
        },
      },
      {
        text: `end the subscription of node ${next} where it was`,
        run: async () => {
          const provider = this.#next.provider;
          if (provider !== null && provider !== next) await unsubscribeNode(this.#set, provider, next);
        },
      },
    ];
  }

  /** After a failure: the old root takes events again, unless the new one may be root already. */
  async reopen(): Promise<void> {
    if (this.#doorsBefore === null) return;
    const { context, queue } = this.#set;
    const [old, next] = [this.#old.name, this.#next.name];
    try {
      const info = await this.#set.info(next);
      if (info.type === "root") return;
      await setQueueDoors(await this.#set.connect(old), queue, this.#doorsBefore);
      context.log.warn({ node: old }, `the queue of node ${old} takes events again`);
    } catch (error) {
      context.log.error(
        { node: old },
        `the queue of node ${old} is left closed, as node ${next} could not be asked: ${firstLine(error)}; give the command again`,
      );
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

  /** Its worker need not be paused: the queue that it reads from is closed, and all of it is here, with its ticks. */
  async #promote(): Promise<void> {
    const { queue } = this.#set;
    const { name } = this.#next;
    const newRoot = await this.#set.connect(name);
    const oldRoot = await this.#set.connect(this.#old.name);
    await this.#set.context.hooks?.beforePromote?.({ oldRoot, newRoot, queue });
    await promoteBranch(newRoot, this.#set.logOf(name), queue);
    const { clock, log } = this.#set.context;
    if (this.#closedMs === null) return;
    const refusedMs = clock.now() - this.#closedMs;
    log.info({ refusedMs }, `writers were refused for ${(refusedMs / 1000).toFixed(2)} s`);
  }

  async #top(name: string): Promise<bigint> {
    const range = await readTickRange(await this.#set.connect(name), this.#set.queue);
    if (range === null) refuse(`the queue of node ${name} has no ticks`);
    return range.newest;
  }
}

/** A combined root hands over the part queues that it merges: both nodes must have the same. */
function requireSameTargets(old: LiveNode, next: LiveNode): void {
  if (old.targetFor.join() === next.targetFor.join()) return;
  const text = ({ name, targetFor }: LiveNode): string => `${name}: ${targetFor.join(", ") || "none"}`;
  refuse(`Inconsistent targets: the nodes merge different queues (${text(old)}; ${text(next)})`);
}

async function mergeWorkers(set: CascadeSet, { name, targetFor }: LiveNode): Promise<readonly NodeConsumer[]> {
  const db = await set.connect(name);
  const workers: NodeConsumer[] = [];
  for (const queue of targetFor) {
    const info = await getNodeInfo(db, queue);
    if (info !== null) workers.push({ node: name, consumer: info.worker, queue });
  }
  return workers;
}

function mergeSteps(set: CascadeSet, pauses: Pauses, merge: NodeConsumer, newNode: string): readonly Step[] {
  const { node, consumer, queue = "" } = merge;
  const positionOn = async (name: string): Promise<bigint | null> =>
    (await getNodeInfo(await set.connect(name), queue))?.lastTick ?? null;
  return [
    { text: `pause merge worker ${consumer} of queue ${queue} on node ${node}`, run: () => pauses.pause(merge) },
    {
      text: `wait until node ${newNode} has what was merged of queue ${queue}`,
      run: async () => {
        await waitFor(set.context, `queue ${queue} to stand at the same tick on ${node} and ${newNode}`, async () =>
          (await positionOn(newNode)) === (await positionOn(node)) ? true : null,
        );
      },
    },
  ];
}

async function resumption(
  pauses: Pauses,
  isDone: boolean,
  worker: NodeConsumer,
  merges: readonly NodeConsumer[],
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const whom of [worker, ...merges]) {
    if (isDone && !(await pauses.state(whom)).isPaused) continue;
    steps.push({ text: `resume consumer ${whom.consumer} of node ${whom.node}`, run: () => pauses.resume(whom) });
  }
  return steps;
}
