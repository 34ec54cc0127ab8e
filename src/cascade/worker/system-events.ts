// The events by which a cascade tells its nodes of itself. Source: spec of the cascade, 2; of pgq_node, 6.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { CascadeEvent } from "../events/index.ts";
import {
  getQueueLocations,
  registerLocation,
  setGlobalWatermark,
  setPartitionWatermark,
  unregisterLocation,
} from "../sql-calls/index.ts";
import type { WorkerNode } from "./node.ts";

/** Whether an event is one of the cascade's own. */
export function isCascadeEvent({ type }: Pick<CascadeEvent, "type">): boolean {
  return type?.startsWith("pgq.") === true;
}

interface SystemContext {
  readonly node: WorkerNode;
  readonly target: Connection;
  readonly log: Logger;
  readonly openProvider: () => Promise<Connection>;
  /** null: the global watermark of the events is applied. */
  readonly syncWatermark: { heard(tick: bigint): void } | null;
}

/** In the transaction of the batch. @throws CASCADE_EVENT for one that nobody knows or that is another queue's */
export async function applySystemEvent(event: CascadeEvent, context: SystemContext): Promise<void> {
  const { node, target, log, syncWatermark } = context;
  const { queue, duties } = node;
  if (event.type === "pgq.tick-id") {
    if (event.extra1 === queue) throw badEvent(event, `of its own queue ${queue}`);
    if (duties.followsTickEvents) {
      const queues = { combined: queue, part: textOf(event, "extra1") };
      await setPartitionWatermark(target, log, queues, tickOf(event));
    }
    return;
  }
  if (event.extra1 !== queue) throw badEvent(event, `of queue ${event.extra1 ?? "NULL"} in queue ${queue}`);
  const name = textOf(event, "data");
  switch (event.type) {
    case "pgq.location-info":
      await registerLocation(target, log, queue, { name, location: event.extra2, isDead: event.extra3 === "true" });
      return;
    case "pgq.unregister-location":
      if (!(await isMemberAgain(name, context))) await unregisterLocation(target, log, queue, name);
      return;
    case "pgq.global-watermark":
      if (duties.globalWatermark !== "applies") return;
      if (syncWatermark === null) await setGlobalWatermark(target, log, queue, tickOf(event));
      else syncWatermark.heard(tickOf(event));
      return;
    default:
      throw badEvent(event, "which nobody knows");
  }
}

/**
 * Whether the provider, which has applied the removal, knows the node again: one that was dropped and made anew may be this
 * one, the provider itself, or be subscribed here already.
 */
async function isMemberAgain(name: string, { node, log, openProvider }: SystemContext): Promise<boolean> {
  await using provider = await openProvider();
  if (!(await getQueueLocations(provider, node.queue)).some((member) => member.name === name)) return false;
  log.info({ node: name }, `node ${name} was dropped and is a member again: it stays`);
  return true;
}

function textOf(event: CascadeEvent, field: "data" | "extra1"): string {
  const text = event[field];
  if (text === null) throw badEvent(event, `without ${field}`);
  return text;
}

function tickOf(event: CascadeEvent): bigint {
  const text = textOf(event, "data");
  if (!/^\d+$/.test(text)) throw badEvent(event, "without a tick");
  return BigInt(text);
}

function badEvent({ id, type }: CascadeEvent, what: string): SkytoolsError {
  return new SkytoolsError("CASCADE_EVENT", `event ${id} is a ${type ?? "NULL"} ${what}`, {
    hint: "a newer program wrote it, or an application used a name that begins with pgq.",
  });
}
