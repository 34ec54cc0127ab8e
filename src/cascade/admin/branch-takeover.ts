// takeover of a node that is not root: of a living one, which then reads from the new node, or of a lost one.
import { getSubscriberInfo } from "../sql-calls/index.ts";
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import type { DeadTakeoverOptions } from "./dead-root.ts";
import { moveSteps } from "./move-consumer.ts";
import { Pauses } from "./pause.ts";
import type { Plan, Step } from "./plan.ts";
import { farewell } from "./subscribe.ts";
import { otherSubscribers, type SwitchoverOptions } from "./switchover.ts";
import { tagSteps } from "./tag-dead.ts";
import { byName, pathUp, requireNoRing, requireQueueNode, rootOf } from "./topology.ts";

/** The old node reads from the new one afterwards; that reads from where the old one did, if it read from it before. */
export async function planBranchTakeover(set: CascadeSet, options: SwitchoverOptions): Promise<Plan> {
  const { oldNode, newNode, movesAll } = options;
  const [old, next] = await Promise.all([set.info(oldNode), set.info(newNode)]);
  requireQueueNode(next);
  const pauses = new Pauses(set);
  const nodes = byName(await set.liveNodes());
  requireNoRing(nodes, oldNode);
  const isBelow = pathUp(nodes, newNode).includes(oldNode);
  const { provider } = old;
  if (isBelow && provider === null) refuse(`node ${oldNode} has no worker, so nobody knows where it reads from`);
  const others = movesAll && old.type === "branch" ? await otherSubscribers(set, oldNode, newNode) : [];
  const isDone = provider === newNode && others.length === 0;
  const move = (node: string, worker: string, to: string): readonly Step[] =>
    moveSteps(set, pauses, { node, consumer: worker, isWorker: true, provider: to });
  return {
    steps: [
      ...(isBelow && provider !== null ? move(newNode, next.worker, provider) : []),
      ...others.flatMap(({ node, worker }) => move(node, worker, newNode)),
      ...(provider === newNode ? await resumption(pauses, old) : move(oldNode, old.worker, newNode)),
      farewell(set, newNode),
    ],
    outcome: isDone
      ? `Node '${oldNode}' reads from '${newNode}' already`
      : `Node '${oldNode}' reads from '${newNode}' now`,
    restore: () => pauses.restore(),
  };
}

/** All that read from the lost node read from the new one, and that from where the lost one did. */
export async function planDeadBranch(set: CascadeSet, { oldNode, newNode }: DeadTakeoverOptions): Promise<Plan> {
  set.markDead(oldNode);
  const next = await set.info(newNode);
  const live = await set.liveNodes();
  const nodes = byName(live);
  const orphans = live.filter(({ name, provider }) => name !== newNode && provider === oldNode);
  if (orphans.length > 0) requireQueueNode(next);
  const root = rootOf(nodes);
  const pauses = new Pauses(set);
  const above = (await providerOf(set, live, oldNode)) ?? root.name;
  const move = (node: string, worker: string, to: string): readonly Step[] =>
    moveSteps(set, pauses, { node, consumer: worker, isWorker: true, provider: to });
  // a new node that is below another orphan comes out from under it first
  const isBelow =
    next.type !== "root" &&
    (next.provider === oldNode || orphans.some(({ name }) => pathUp(nodes, newNode).includes(name)));
  return {
    steps: [
      ...(await tagSteps(set, oldNode, true)),
      ...(isBelow ? move(newNode, next.worker, above) : []),
      ...orphans.flatMap(({ name, worker }) => move(name, worker, newNode)),
      farewell(set, newNode),
    ],
    outcome: `Node '${oldNode}' is marked as dead, '${newNode}' has its place; to forget it: drop-node ${oldNode}`,
    restore: () => pauses.restore(),
  };
}

/** Who lists the node as a subscriber; null: nobody that lives. */
async function providerOf(set: CascadeSet, live: readonly LiveNode[], name: string): Promise<string | null> {
  for (const node of live.filter(({ type }) => type !== "leaf")) {
    const subscribers = await getSubscriberInfo(await set.connect(node.name), set.queue);
    if (subscribers.some((one) => one.node === name)) return node.name;
  }
  return null;
}

async function resumption(pauses: Pauses, { name, worker }: LiveNode): Promise<readonly Step[]> {
  const whom = { node: name, consumer: worker };
  if (!(await pauses.state(whom)).isPaused) return [];
  return [{ text: `resume consumer ${worker} of node ${name}`, run: () => pauses.resume(whom) }];
}
