// takeover: a node takes the place of another one. Which of the four ways it is depends on what the other one was.
import { planBranchTakeover, planDeadBranch } from "./branch-takeover.ts";
import { type CascadeSet, refuse } from "./cascade-set.ts";
import { planDeadRoot } from "./dead-root.ts";
import type { Plan } from "./plan.ts";
import { isHandedOver, planSwitchover } from "./switchover.ts";
import { byName } from "./topology.ts";

export interface TakeoverOptions {
  readonly oldNode: string;
  /** Default: the own node. */
  readonly newNode?: string;
  /** The old node is lost, and was that. */
  readonly lost?: "root" | "branch";
  /** Other nodes that read from the old one are moved too; of a lost one they always are. */
  readonly movesAll?: boolean;
}

/** @throws NODE_UNKNOWN, SET_REFUSED; what connecting to a node throws that is needed */
export async function planTakeover(set: CascadeSet, options: TakeoverOptions): Promise<Plan> {
  const { oldNode, newNode = set.localName, lost, movesAll = false } = options;
  set.member(oldNode);
  set.member(newNode);
  if (oldNode === newNode) return { steps: [], outcome: `Node '${newNode}' is what it is: nothing to do` };
  if (lost === "root") return await planDeadRoot(set, { oldNode, newNode });
  if (lost === "branch") return await planDeadBranch(set, { oldNode, newNode });
  if (set.isDead(oldNode)) {
    refuse(`node ${oldNode} is marked as dead`, "say what it was: --dead-root or --dead-branch");
  }
  const old = await set.info(oldNode);
  const nodes = byName(await set.liveNodes());
  // the second and third: what a switchover that died half-way has left
  const isSwitchover =
    old.type === "root" ||
    (nodes.get(newNode)?.type === "root" && old.provider === newNode) ||
    (await isHandedOver(set, nodes, { old, newNode }));
  return await (isSwitchover ? planSwitchover : planBranchTakeover)(set, { oldNode, newNode, movesAll });
}
