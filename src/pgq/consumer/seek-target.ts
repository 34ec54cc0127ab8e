// Where a consumer can be put.
import { SkytoolsError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import { findTick } from "../sql-calls/registration.ts";

/** Where a consumer is put: "first" and "last" are the oldest and the newest tick that are kept. */
export type SeekTarget = "first" | "last" | { readonly tick: bigint } | { readonly time: Date | string };

/** @throws POSITION_GONE */
export async function tickAt(database: Database, queue: string, target: SeekTarget): Promise<bigint> {
  const at = typeof target === "object" && "time" in target ? { time: timeText(target.time) } : target;
  const found = await findTick(database, queue, at);
  if (found !== null) return found.tickId;
  throw new SkytoolsError("POSITION_GONE", `queue ${queue} has no tick at ${describe(target)}`, {
    hint: 'ticks are kept for about one rotation period; seek("first") goes back as far as possible',
  });
}

function timeText(time: Date | string): string {
  return typeof time === "string" ? time : time.toISOString();
}

function describe(target: SeekTarget): string {
  if (typeof target === "string") return `"${target}"`;
  return "tick" in target ? `tick ${target.tick}` : timeText(target.time);
}
