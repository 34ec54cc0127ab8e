// Has a tick made soon, also on a queue without events: ticks are born on the root.
import { getNodeInfo, requestTickHere } from "../../cascade/index.ts";
import type { Connection } from "../../postgres/index.ts";

const MAX_STEPS = 64;

/** Walks up from `node`. A root that cannot be reached makes ticks by itself, later. */
export async function requestTick(
  queue: string,
  node: string,
  connect: (node: string) => Promise<Connection>,
): Promise<void> {
  for (let step = 0, at: string | null = node; at !== null && step < MAX_STEPS; step += 1) {
    const db: Connection = await connect(at);
    try {
      const info = await getNodeInfo(db, queue);
      if (info === null) return;
      if (info.type === "root") {
        await requestTickHere(db, queue);
        return;
      }
      at = info.provider === at ? null : info.provider;
    } finally {
      await db.close();
    }
  }
}
