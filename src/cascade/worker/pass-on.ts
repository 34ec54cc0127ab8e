// Which events of a batch go on to the next queue, and with what changes. Source: spec of the cascade, 4.3.
import type { CascadeEvent, CopiedEvent, EventChanges } from "../events/index.ts";
import { isCascadeEvent } from "./system-events.ts";

export interface PassOnRules {
  /** false: to a combined queue, where the part's own system events mean nothing. */
  readonly keepIds: boolean;
  /** More types that a combined queue does not get, by how they begin. */
  readonly uncombinedPrefixes: readonly string[];
  /** With sync_watermark: what the nodes below are told instead of the global watermark. */
  readonly watermark: (() => bigint | null) | null;
  /** null: not at all. */
  readonly change: ((event: CascadeEvent) => EventChanges | null) | null;
}

const UNCHANGED: EventChanges = {};

export function passedOn(events: readonly CascadeEvent[], rules: PassOnRules): CopiedEvent[] {
  const copied: CopiedEvent[] = [];
  for (const event of events) {
    const changes = changesOf(event, rules);
    if (changes === UNCHANGED) copied.push({ event });
    else if (changes !== null) copied.push({ event, changes });
  }
  return copied;
}

function changesOf(event: CascadeEvent, { keepIds, uncombinedPrefixes, watermark, change }: PassOnRules) {
  if (isCascadeEvent(event)) {
    if (!keepIds) return null;
    const own = event.type === "pgq.global-watermark" ? (watermark?.() ?? null) : null;
    return own === null ? UNCHANGED : { data: String(own) };
  }
  if (!keepIds && uncombinedPrefixes.some((prefix) => event.type?.startsWith(prefix))) return null;
  return change === null ? UNCHANGED : change(event);
}
