// Who keeps the queue from being emptied: the global watermark follows the slowest reader anywhere in the set, down to
// the node or the consumer that one can do something about.
import type { MemberStatus, QueueReader, SetStatus } from "./read-status.ts";

export interface WatermarkHolder {
  /** Up to here all nodes have everything. */
  readonly globalWatermark: bigint | null;
  readonly newestTick: bigint;
  /** Events that the root keeps for it. */
  readonly pendingEvents: bigint | null;
  /** How old the oldest of them is. */
  readonly ageMs: number | null;
  /** A member, when it is one. */
  readonly node: string | null;
  /** A consumer that is no member: of the queue of `at`. */
  readonly consumer: string | null;
  readonly at: string;
  readonly reason: string;
}

/** null: nobody holds it back, or the root does not answer. */
export function watermarkHolder(status: SetStatus): WatermarkHolder | null {
  const root = status.members.find(({ answer }) => answer?.info.type === "root");
  if (root?.answer == null) return null;
  const { answer } = root;
  const newestTick = answer.queue?.lastTick ?? null;
  const global = answer.readers.find(({ name }) => name === ".global_watermark");
  const slowest = slowestReader(root);
  if (newestTick === null || slowest?.lastTick == null || slowest.lastTick >= newestTick) return null;
  return {
    globalWatermark: global?.lastTick ?? null,
    newestTick,
    pendingEvents: slowest.pendingEvents,
    ageMs: slowest.tickTimeMs === null ? null : Math.max(0, answer.nowMs - slowest.tickTimeMs),
    ...culprit(status, root, slowest, []),
  };
}

/** The one line of `status`. */
export function holderText(holder: WatermarkHolder, lagText: (ms: number | null) => string): string {
  const { globalWatermark, newestTick, pendingEvents, ageMs, node, consumer, at, reason } = holder;
  const who = node ?? `consumer ${consumer ?? ""} on ${at}`;
  const cost = `${pendingEvents ?? "?"} events, ${lagText(ageMs)}`;
  return `Watermark: tick ${globalWatermark ?? "(n/a)"} of ${newestTick}, held back by ${who}: ${reason} (${cost})`;
}

type Culprit = Pick<WatermarkHolder, "node" | "consumer" | "at" | "reason">;

/** The reader with the lowest position; of several at one position the one that stands for a node below comes first. */
function slowestReader({ answer }: MemberStatus): QueueReader | null {
  let slowest: QueueReader | null = null;
  for (const reader of answer?.readers ?? []) {
    if (reader.name === ".global_watermark" || reader.lastTick === null) continue;
    if (slowest?.lastTick == null || reader.lastTick < slowest.lastTick) slowest = reader;
  }
  return slowest;
}

function culprit(status: SetStatus, at: MemberStatus, reader: QueueReader, seen: readonly string[]): Culprit {
  const here = { at: at.name, consumer: null };
  const name = subscriberOf(at, reader.name);
  if (name === null) return { ...here, node: null, consumer: reader.name, reason: "it reads from there and is behind" };
  const member = status.members.find((one) => one.name === name);
  if (member === undefined) return { ...here, node: name, reason: "it is no member any more, but still subscribed" };
  if (member.isDead) return { ...here, node: name, reason: "it is dead" };
  const { answer, failure } = member;
  if (answer === null) return { ...here, node: name, reason: `it does not answer: ${failure ?? ""}` };
  const { info, consumers } = answer;
  const error = consumers.find(({ consumer }) => consumer === info.worker)?.error;
  if (error != null) return { ...here, node: name, reason: `its worker fails: ${error.split("\n", 1)[0] ?? ""}` };
  if (info.isPaused) return { ...here, node: name, reason: "it is paused" };
  const isBehind = info.lastTick !== null && reader.lastTick !== null && info.lastTick <= reader.lastTick;
  if (isBehind && !info.isUptodate) return { ...here, node: name, reason: "its worker does not run" };
  if (isBehind) return { ...here, node: name, reason: "its worker is behind" };
  const below = slowestReader(member);
  const isBelow = below?.lastTick != null && reader.lastTick !== null && below.lastTick <= reader.lastTick;
  if (isBelow && !seen.includes(name)) return culprit(status, member, below, [...seen, name]);
  return { ...here, node: name, reason: "it has not reported its progress yet" };
}

/** The member that a reader stands for: its worker, its watermark, or the gravestone of a lost root. */
function subscriberOf({ answer }: MemberStatus, reader: string): string | null {
  const found = answer?.subscribers.find(({ node, worker }) => worker === reader || reader === `.${node}.watermark`);
  return found?.node ?? null;
}
