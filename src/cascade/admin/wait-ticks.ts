// wait-root and wait-provider: until all that is there now has arrived here.
import { getNodeInfo, readTickRange } from "../sql-calls/index.ts";
import { type CascadeSet, refuse } from "./cascade-set.ts";
import { byName, rootOf } from "./topology.ts";
import { waitFor } from "./wait.ts";

/**
 * Waits until the own worker is past the newest tick that the root, or the provider, has now. The next tick has all that
 * was committed before.
 * @returns the tick that was waited for; null: the own node is root, there is nothing to wait for
 * @throws WAIT_TIMEOUT
 */
export async function waitForNode(set: CascadeSet, which: "root" | "provider"): Promise<bigint | null> {
  const own = await set.info(set.localName);
  if (own.type === "root") return null;
  const name = which === "provider" ? own.provider : rootOf(byName(await set.liveNodes())).name;
  if (name === null) refuse(`node ${own.name} has no provider`, "its worker is not registered");
  const range = await readTickRange(await set.connect(name), set.queue);
  if (range === null) refuse(`the queue of node ${name} has no ticks`);
  const { newest } = range;
  return await waitFor(set.context, `worker ${own.worker} to get past tick ${newest} of node ${name}`, async () => {
    const info = await getNodeInfo(await set.connect(own.name), set.queue);
    return info?.lastTick != null && info.lastTick > newest ? newest : null;
  });
}
