// How events look in tables and alone.
import type { StoredEvent, WaitingEvent } from "../../../pgq/index.ts";
import { type Column, formatFacts, shortDuration, type Terminal } from "../../../print/index.ts";

export const eventColumns: readonly Column<StoredEvent>[] = [
  { title: "id", value: ({ id }) => id, align: "right" },
  { title: "time", value: ({ time }) => time },
  { title: "retry", value: ({ retry }) => retry, align: "right" },
  { title: "type", value: ({ type }) => type, isFlexible: true },
  { title: "data", value: ({ data }) => data, isFlexible: true },
  { title: "extra1", value: ({ extra1 }) => extra1, isFlexible: true },
];

export const waitingColumns: readonly Column<WaitingEvent>[] = [
  { title: "consumer", value: ({ consumer }) => consumer, isFlexible: true },
  { title: "due in", value: ({ dueInMs }) => (dueInMs <= 0 ? "now" : shortDuration(dueInMs)), align: "right" },
  ...eventColumns,
];

export function formatEvent(event: StoredEvent, terminal: Terminal): string {
  const { id, time, txid, retry, type, data, extra1, extra2, extra3, extra4 } = event;
  return formatFacts(
    [
      ["id", String(id)],
      ["time", time],
      ["txid", String(txid)],
      ["retry", retry === null ? null : String(retry)],
      ["type", type],
      ["data", data],
      ["extra1", extra1],
      ["extra2", extra2],
      ["extra3", extra3],
      ["extra4", extra4],
    ],
    terminal,
  );
}
