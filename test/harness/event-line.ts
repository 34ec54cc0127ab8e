// An event as the line of COPY text that a batch is read as.
import { EVENT_COLUMNS } from "../../src/cascade/events/index.ts";
import { copyField } from "../../src/postgres/index.ts";

type Column = (typeof EVENT_COLUMNS)[number];

const USUAL: Partial<Record<Column, string>> = { ev_txid: "7", ev_id: "5", ev_time: "now", ev_extra1: "public.t" };

/** Of a row of public.t, if nothing else is said; what is left out is NULL. */
export function eventLine(fields: Partial<Record<Column, string | null>>): string {
  const event = { ...USUAL, ...fields };
  return EVENT_COLUMNS.map((column) => copyField(event[column] ?? null)).join("\t");
}
