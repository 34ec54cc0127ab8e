// takeover of a living root: the new node becomes root, the old one a branch below it. Everything that can take long is
// done before writers are refused.
import { getNodeInfo, getSubscriberInfo, readQueueDoors } from "../sql-calls/index.ts";
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import { gravesOf } from "./gravestone.ts";
import { moveSteps } from "./move-consumer.ts";
import { type NodeConsumer, Pauses } from "./pause.ts";
import type { Plan, Step } from "./plan.ts";
import { endStrays, farewell } from "./subscribe.ts";
import { Switch } from "./switch.ts";
import { byName, type NodeMap, pathUp, requireNoLoop } from "./topology.ts";
import { waitFor } from "./wait.ts";

export interface SwitchoverOptions {
  readonly oldNode: string;
  readonly newNode: string;
  /** Other nodes that read from the old one are moved to the new one. */
  readonly movesAll: boolean;
}

/** @throws NODE_UNKNOWN, SET_REFUSED; what connecting to either node throws */
export async function planSwitchover(set: CascadeSet, options: SwitchoverOptions): Promise<Plan> {
  const { oldNode, newNode, movesAll } = options;
  const [old, next] = await Promise.all([set.info(oldNode), set.info(newNode)]);
  if (next.type === "leaf") refuse(`node ${newNode} is a leaf: it has no copy of the queue and cannot become root`);
  requireSameTargets(old, next);
  await requireNoThirdRoot(set, old, next);
  const pauses = new Pauses(set);
  const merges = await mergeWorkers(set, old);
  const change = new Switch(set, pauses, old, next);
  const isWhole = old.type === "root" && next.type !== "root";
  const isDone = old.type !== "root" && next.type === "root";
  if (isWhole) {
    const [oldRoot, newRoot] = await Promise.all([set.connect(oldNode), set.connect(newNode)]);
    await set.context.hooks?.checkPromote?.({ oldRoot, newRoot, queue: set.queue });
  }
  return {
    steps: [
      ...(isWhole
        ? [...(await preparation(set, pauses, change, { old, next, merges, movesAll })), ...change.promotion()]
        : []),
      ...(old.type === "root" && next.type === "root" ? change.demotion() : []),
      ...(old.type !== "root" && next.type !== "root" ? change.rest() : []),
      ...(await resumption(pauses, isDone, { node: oldNode, consumer: old.worker }, merges)),
      farewell(set, newNode),
    ],
    outcome: isDone ? `Node '${newNode}' is root already, '${oldNode}' reads from it` : `Node '${newNode}' is root now`,
    restore: async () => {
      await change.reopen();
      await pauses.restore();
    },
  };
}

/** Two roots at once are there only when old programs have died in the middle: those open the new one first. */
async function requireNoThirdRoot(set: CascadeSet, old: LiveNode, next: LiveNode): Promise<void> {
  if (old.type === "root" && next.type === "root") {
    const { disableInsert } = await readQueueDoors(await set.connect(old.name), set.queue);
    const [ofOld] = await gravesOf(set, [next], old.name);
    const [ofNext] = await gravesOf(set, [old], next.name);
    if (disableInsert && ofOld === undefined) return;
    const replaced = ofOld !== undefined ? old.name : ofNext !== undefined ? next.name : null;
    refuse(
      `nodes ${old.name} and ${next.name} are both root, and each has events of its own`,
      replaced === null
        ? "keep one of them; drop the other and all that read from it, and create them anew"
        : `node ${replaced} was replaced as dead: run resurrect on it`,
    );
  }
  const third = (await set.liveNodes()).find(
    ({ name, type }) => type === "root" && name !== old.name && name !== next.name,
  );
  if (third === undefined) return;
  refuse(
    `node ${third.name} is root too`,
    `a takeover may have ended half-way, give it again on node ${third.name}: takeover ${old.name}`,
  );
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
    { text: `end subscriptions that node ${old.name} had before it was root`, run: () => endStrays(set, old.name) },
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

/** The old root is a branch of the new node, which is not root yet: they read from each other, without a subscription. */
export async function isHandedOver(
  set: CascadeSet,
  nodes: NodeMap,
  { old, newNode }: { readonly old: LiveNode; readonly newNode: string },
): Promise<boolean> {
  if (old.provider !== newNode || !pathUp(nodes, newNode).includes(old.name)) return false;
  const subscribers = await getSubscriberInfo(await set.connect(newNode), set.queue);
  return !subscribers.some(({ node }) => node === old.name);
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
