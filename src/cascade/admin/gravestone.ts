// Where the history of a lost root ends. Its events and ticks behind that are lost; the new root gives their numbers to
// others, so who has applied them cannot go on anywhere.
import type { CascadeSet } from "./cascade-set.ts";
import { refuse } from "./cascade-set.ts";
import { getConsumerState, readConsumerTick } from "../sql-calls/index.ts";

/** Consumer of the new root's queue that keeps the events that a lost root will need. */
export function gravestoneOf(node: string): string {
  return `${node}.gravestone`;
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

/** Up from provider to provider, to a node that was replaced as lost. null: none was. */
async function endOfHistory(
  set: CascadeSet,
  provider: string | null,
): Promise<{ readonly root: string; readonly tick: bigint } | null> {
  const live = new Map((await set.liveNodes()).map((node) => [node.name, node]));
  const seen = new Set<string>();
  for (let name = provider; name !== null && !seen.has(name); name = live.get(name)?.provider ?? null) {
    seen.add(name);
    for (const { name: keeper, type } of live.values()) {
      if (type === "leaf") continue;
      const tick = await readConsumerTick(await set.connect(keeper), {
        queue: set.queue,
        consumer: gravestoneOf(name),
      });
      if (tick !== null) return { root: name, tick };
    }
  }
  return null;
}
