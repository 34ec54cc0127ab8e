// rename-node: another name for a node, in the databases of all members. Its worker stands still meanwhile, as it tells its
// provider of itself by name.
import { canRenameNode, getNodeInfo, type NodeInfo, renameNode } from "../sql-calls/index.ts";
import { listOf } from "../worker/sync-watermark.ts";
import { type CascadeSet, refuse } from "./cascade-set.ts";
import { Pauses } from "./pause.ts";
import type { Plan, Step } from "./plan.ts";

export interface RenameOptions {
  readonly from: string;
  readonly to: string;
}

interface Found {
  /** As the own database knows it. */
  readonly member: string;
  readonly info: NodeInfo;
}

/**
 * May be repeated after it died half-way. Nodes that are marked as dead are not told: they must be made anew.
 * @throws NODE_UNKNOWN, SET_REFUSED; what connecting to a node throws
 */
export async function planRename(set: CascadeSet, { from, to }: RenameOptions): Promise<Plan> {
  const known = set.members.map(({ name }) => name);
  if (!/\S/.test(to) || from === to) refuse(`node ${from} cannot be called '${to}'`, "choose another name");
  if (known.includes(from) && known.includes(to)) refuse(`there is a node ${to} already`, "choose another name");
  // as the own database knows it: also a run that died may have renamed it here
  const member = set.member(known.includes(from) ? from : to).name;
  const nodes = await allNodes(set);
  const renamed = nodes.find(({ info }) => info.name === from || info.name === to);
  if (renamed === undefined || renamed.member !== member) {
    refuse(`there is no living node ${from}`, set.isDead(member) ? "drop it: drop-node" : "its location is wrong");
  }
  await requireFunction(set, nodes);
  const pauses = new Pauses(set);
  const whom = { node: member, consumer: renamed.info.worker };
  // the root last: it tells those that cannot be reached now
  const order = [...nodes].sort((a, b) => Number(a.info.type === "root") - Number(b.info.type === "root"));
  const isBegun = member === to || renamed.info.name === to;
  const wasPaused = !isBegun && (await pauses.state(whom)).isPaused;
  return {
    steps: [
      { text: `pause consumer ${whom.consumer} of node ${member}`, run: () => pauses.pause(whom) },
      ...order.map((node) => renaming(set, node.member, { from, to })),
      ...(wasPaused
        ? []
        : [{ text: `resume consumer ${whom.consumer} of node ${to}`, run: () => pauses.resume(whom) }]),
    ],
    outcome: `Node '${from}' is called '${to}' now`,
    warnings: [
      ...(wasPaused ? [`consumer ${whom.consumer} is paused and stays so; if nobody meant that: resume`] : []),
      ...nodes
        .filter(({ info }) => mentions(info, from))
        .map(({ info }) => `sync_watermark of node ${info.name} names ${from}: it does not follow`),
    ],
    restore: () => pauses.restore(),
  };
}

/** All members that are not marked as dead; each must answer. */
async function allNodes(set: CascadeSet): Promise<readonly Found[]> {
  return await Promise.all(
    set.livingNames.map(async (member): Promise<Found> => {
      const info = await getNodeInfo(await set.connect(member), set.queue);
      if (info === null) refuse(`the database of node ${member} has no node of the queue`, `drop-node ${member}`);
      return { member, info };
    }),
  );
}

async function requireFunction(set: CascadeSet, nodes: readonly Found[]): Promise<void> {
  for (const { member } of nodes) {
    if (await canRenameNode(await set.connect(member))) continue;
    refuse(`schema pgq_node of node ${member} cannot rename nodes`, `bring it up to date there: skytools install`);
  }
}

function renaming(set: CascadeSet, member: string, names: RenameOptions): Step {
  return {
    text: `rename node ${names.from} to ${names.to} in the database of node ${member}`,
    run: async () => {
      await renameNode(await set.connect(member), set.logOf(member), set.queue, names);
    },
  };
}

function mentions({ attributes }: NodeInfo, name: string): boolean {
  return listOf({ attributes: Object.fromEntries(new URLSearchParams(attributes ?? "")) }).includes(name);
}
