// sync_watermark: the nodes of a list agree among themselves up to where events are needed, and do not let the root wait.
// Source: spec of the cascade, 6.
import type { Connection } from "../../postgres/index.ts";
import { type Logger, redactedReason } from "../../service/index.ts";
import { getNodeInfo, getQueueLocations, setGlobalWatermark } from "../sql-calls/index.ts";
import type { WorkerNode } from "./node.ts";

/** Opens a session on another node; the caller closes it. */
export type NodeConnect = (location: string) => Promise<Connection>;

export class SyncWatermark {
  readonly #connect: NodeConnect;
  readonly #log: Logger;
  /** The root's, as the last event said. */
  #global: bigint | null = null;
  /** What this node tells those below. */
  #agreed: bigint | null = null;

  constructor(connect: NodeConnect, log: Logger) {
    this.#connect = connect;
    this.#log = log;
  }

  heard(tick: bigint): void {
    this.#global = tick;
  }

  /** Null: not known yet. */
  get agreed(): bigint | null {
    return this.#agreed;
  }

  /** Asks the nodes of the list, and sets the own global watermark to the least of what they say. */
  async agree(node: WorkerNode, target: Connection): Promise<void> {
    const own = await getNodeInfo(target, node.queue);
    const names = listOf(node).filter((name) => name !== node.name);
    const members = await getQueueLocations(target, node.queue);
    const ticks = [own?.localWatermark ?? null, this.#global];
    for (const name of names) {
      const member = members.find((known) => known.name === name);
      if (member === undefined) {
        this.#log.warn({ queue: node.queue, node: name }, "sync_watermark names a node that is not known");
        return;
      }
      if (member.isDead) continue;
      try {
        ticks.push(await this.#watermarkOf(member.location, node.queue));
      } catch (error) {
        const reason = redactedReason(error);
        this.#log.warn({ queue: node.queue, node: name, reason }, "a node of sync_watermark does not answer");
        return;
      }
    }
    const known = ticks.filter((tick) => tick !== null);
    const least = known.reduce<bigint | null>((low, tick) => (low === null || tick < low ? tick : low), null);
    if (least === null || least === own?.globalWatermark) return;
    await setGlobalWatermark(target, this.#log, node.queue, least);
    this.#agreed = least;
  }

  async #watermarkOf(location: string, queue: string): Promise<bigint | null> {
    await using connection = await this.#connect(location);
    return (await getNodeInfo(connection, queue))?.localWatermark ?? null;
  }
}

/** The nodes that a branch agrees with; empty: it reports as others do. */
export function listOf({ attributes }: Pick<WorkerNode, "attributes">): readonly string[] {
  return (attributes["sync_watermark"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
