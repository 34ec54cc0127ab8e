// Has a tick made soon, also on a queue without events: ticks are born on the root.
import { getNodeInfo, requestTickHere } from "../../cascade/index.ts";
import type { Connection } from "../../postgres/index.ts";

const MAX_STEPS = 64;

/** Walks up from the node of `there`. A root that cannot be reached makes ticks by itself, later. */
export async function requestTick(
  queue: string,
  there: Connection,
  connect: (node: string) => Promise<Connection>,
): Promise<void> {
  let above = await requestTickOn(there, queue);
  for (let step = 1; above !== null && step < MAX_STEPS; step += 1) {
    await using db: Connection = await connect(above);
    above = await requestTickOn(db, queue);
  }
}

/** @returns the node to ask instead */
async function requestTickOn(db: Connection, queue: string): Promise<string | null> {
  const info = await getNodeInfo(db, queue);
  if (info?.type === "root") await requestTickHere(db, queue);
  return info === null || info.provider === info.name ? null : info.provider;
}
