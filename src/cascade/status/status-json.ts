// The same for programs. Ticks are numbers, times milliseconds.
import { withoutSecrets } from "../../postgres/index.ts";
import { lagOf } from "./lag.ts";
import type { MemberStatus, SetStatus } from "./read-status.ts";
import { watermarkHolder } from "./watermark-holder.ts";

export function statusJson(status: SetStatus): unknown {
  return {
    queue: status.queue,
    localNode: status.localNode,
    nodes: status.members.map((member) => memberJson(status, member)),
    watermark: watermarkHolder(status),
  };
}

export function memberJson(status: SetStatus, member: MemberStatus): Readonly<Record<string, unknown>> {
  const { name, isDead, answer, failure } = member;
  const location = withoutSecrets(member.location);
  if (answer === null) return { name, location, isDead, failure };
  const { info, consumers, subscribers, details } = answer;
  return {
    name,
    location,
    isDead,
    failure,
    type: info.type,
    provider: info.type === "root" ? null : info.provider,
    worker: info.worker,
    lagMs: lagOf(status, member),
    lastTick: info.lastTick,
    isPaused: info.isPaused,
    isUptodate: info.isUptodate,
    globalWatermark: info.globalWatermark,
    localWatermark: info.localWatermark,
    combinedQueue: info.combinedQueue,
    attributes: Object.fromEntries(new URLSearchParams(info.attributes ?? "")),
    consumers,
    subscribers: subscribers.map(({ node }) => node),
    details,
  };
}
