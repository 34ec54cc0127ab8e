// How queues look in tables.
import type { QueueStatus } from "../../../pgq/index.ts";
import { type Column, settingDuration, shortDuration, shortRate, shortSize } from "../../../print/index.ts";

export const queueColumns: readonly Column<QueueStatus>[] = [
  { title: "queue", value: ({ queue }) => queue, isFlexible: true },
  { title: "tick age", value: ({ tickAgeMs }) => shortDuration(tickAgeMs), align: "right" },
  { title: "ev/s", value: ({ eventsPerSecond }) => shortRate(eventsPerSecond), align: "right" },
  { title: "new", value: ({ newEvents }) => newEvents, align: "right" },
  { title: "delayed", value: ({ delayedEvents }) => delayedEvents, align: "right" },
  { title: "size", value: ({ bytes }) => shortSize(bytes), align: "right" },
  { title: "rotated", value: ({ rotatedAgoMs }) => `${shortDuration(rotatedAgoMs) ?? ""} ago`, align: "right" },
  { title: "ticker", value: tickerText },
  { title: "state", value: (queue) => ({ text: stateText(queue), style: stateText(queue) === "" ? null : "yellow" }) },
];

/** Count, lag and idle period, as the old status had it. */
export function tickerText({ settings }: QueueStatus): string {
  const { tickerMaxCount, tickerMaxLagMs, tickerIdlePeriodMs } = settings;
  return `${tickerMaxCount}/${settingDuration(tickerMaxLagMs) ?? ""}/${settingDuration(tickerIdlePeriodMs) ?? ""}`;
}

export function stateText({ settings, isRotating }: QueueStatus): string {
  const states = [
    ...(settings.tickerPaused ? ["paused"] : []),
    ...(settings.externalTicker ? ["external ticker"] : []),
    ...(settings.disableInsert ? ["inserts disabled"] : []),
    ...(isRotating ? ["rotating"] : []),
  ];
  return states.join(", ");
}
