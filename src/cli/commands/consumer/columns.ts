// How consumers look in tables.
import type { ConsumerStatus } from "../../../pgq/index.ts";
import { type Cell, type Column, shortDuration } from "../../../print/index.ts";

export const consumerColumns: readonly Column<ConsumerStatus>[] = [
  { title: "queue", value: ({ queue }) => queue, isFlexible: true },
  { title: "consumer", value: ({ consumer }) => consumer, isFlexible: true },
  { title: "behind", value: ({ behindMs }) => shortDuration(behindMs), align: "right" },
  { title: "pending", value: ({ pendingEvents }) => pendingEvents, align: "right" },
  { title: "lag", value: ({ lagMs }) => shortDuration(lagMs), align: "right" },
  { title: "last seen", value: ({ lastSeenMs }) => `${shortDuration(lastSeenMs) ?? ""} ago`, align: "right" },
  { title: "batch", value: ({ batch }) => batch, align: "right" },
  { title: "retries", value: ({ retryEvents }) => retryEvents, align: "right" },
  { title: "dead", value: ({ deadLetters }) => deadCell(deadLetters), align: "right" },
];

/** Dead letters need somebody; none does not. */
export function deadCell(letters: bigint | null): Cell | null {
  return letters === null ? null : { text: String(letters), style: letters > 0n ? "yellow" : null };
}
