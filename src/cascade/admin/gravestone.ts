// Where the history of a lost root ends. Its events and ticks behind that are lost; the new root gives their numbers to
// others, so who has applied them cannot go on anywhere.
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import { getConsumerState, readConsumerTick, readTickTime } from "../sql-calls/index.ts";
import { byName } from "./topology.ts";

/** Consumer of the new root's queue that keeps the events that a lost root will need. */
export function gravestoneOf(node: string): string {
  return `${node}.gravestone`;
}

/** The copy of a table of Londiste: wherever it stands, it begins anew by itself. */
export function isCopy(consumer: string, { worker }: Pick<LiveNode, "worker">): boolean {
  return consumer.startsWith(`${worker}.copy.`);
}

/** Where the living nodes keep the gravestone of a node. */
export async function gravesOf(
  set: CascadeSet,
  live: readonly LiveNode[],
  root: string,
): Promise<readonly { readonly node: string; readonly tick: bigint }[]> {
  const graves: { node: string; tick: bigint }[] = [];
  for (const { name, type } of live) {
    if (type === "leaf" || name === root) continue;
    const whom = { queue: set.queue, consumer: gravestoneOf(root) };
    const tick = await readConsumerTick(await set.connect(name), whom);
    if (tick !== null) graves.push({ node: name, tick });
  }
  return graves;
}

/**
 * Without the gravestone nobody can tell any more who has applied what was lost.
 * @throws SET_REFUSED when the node was a root that was lost, and a member that may have read from it cannot be asked
 */
export async function requireNoSecrets(set: CascadeSet, live: readonly LiveNode[], root: string): Promise<void> {
  if ((await gravesOf(set, live, root)).length === 0) return;
  for (const { name } of set.members) {
    if (name === root || live.some((node) => node.name === name)) continue;
    if ((await gravesOf(set, live, name)).length > 0) continue; // was a root, and read from nobody
    refuse(
      `node ${name} cannot be asked whether it has applied events that were lost with node ${root}`,
      `bring it back, or drop it first: tag-dead ${name}, drop-node ${name}`,
    );
  }
}

/** @throws SET_REFUSED when a consumer has applied what a lost root above it had, and the new one has not */
export async function requireHistory(
  set: CascadeSet,
  { node, consumer }: { readonly node: string; readonly consumer: string },
): Promise<void> {
  const state = await getConsumerState(await set.connect(node), { queue: set.queue, consumer });
  const end = await endOfHistory(set, state.providerNode);
  if (end === null || state.completedTick === null || state.completedTick <= end.tick) return;
  refuse(
    `consumer ${consumer} of node ${node} has applied events up to tick ${state.completedTick}, ` +
      `which were lost with node ${end.root}: the new root has them only up to ${end.tick}`,
    `drop the node and create it anew`,
  );
}

/**
 * Without a gravestone, as when that is lost too, a branch still shows it: the tick where it stands was made at another time.
 * @throws SET_REFUSED
 */
export async function requireSameTick(
  set: CascadeSet,
  { node, provider, tick }: { readonly node: string; readonly provider: string; readonly tick: bigint },
): Promise<void> {
  const [own, other] = await Promise.all(
    [node, provider].map(async (name) => readTickTime(await set.connect(name), set.queue, tick)),
  );
  if (own === null || other === null || own === other) return;
  refuse(
    `tick ${tick} of node ${node} is not that of node ${provider}: their events come from different roots`,
    "drop the node that has applied what was lost, and create it anew",
  );
}

/** Up from provider to provider, to a node that was replaced as lost. null: none was. */
async function endOfHistory(
  set: CascadeSet,
  provider: string | null,
): Promise<{ readonly root: string; readonly tick: bigint } | null> {
  const live = await set.liveNodes();
  const nodes = byName(live);
  const seen = new Set<string>();
  for (let name = provider; name !== null && !seen.has(name); name = nodes.get(name)?.provider ?? null) {
    seen.add(name);
    const [grave] = await gravesOf(set, live, name);
    if (grave !== undefined) return { root: name, tick: grave.tick };
  }
  return null;
}
