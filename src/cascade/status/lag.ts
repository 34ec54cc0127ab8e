// How far behind a node is.
import type { MemberStatus, SetStatus } from "./read-status.ts";

/** Milliseconds; null when nobody can tell. On a root how long ago the last tick was made. */
export function lagOf({ members }: SetStatus, { name, answer }: MemberStatus): number | null {
  if (answer === null) return null;
  if (answer.info.type === "root") return answer.queue?.tickerLagMs ?? null;
  const root = members.find((member) => member.answer?.info.type === "root")?.answer;
  const provider = members.find((member) => member.name === answer.info.provider)?.answer;
  const worker = provider?.readers.find((reader) => reader.name === answer.info.worker);
  if (provider == null || worker?.tickTimeMs == null || name === answer.info.provider) return null;
  // tick times are those of the root's clock
  return Math.max(0, (root ?? provider).nowMs - worker.tickTimeMs);
}

/** As the old program: 1m20s, 3h4m5s, 0s. */
export function lagText(ms: number | null): string {
  if (ms === null) return "(n/a)";
  let left = Math.round(ms / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0 || parts.length > 0) parts.push(`${count}${unit}`);
  }
  return `${parts.join("")}${left}s`;
}
