// A few events for the queue of a branch as one statement, which can travel with others: a COPY waits for the server
// twice.
import { formatArray, parseCopyField, type PipelineStatement, quoteFqname } from "../../postgres/index.ts";
import type { CopiedEvent } from "./copy-to-queue.ts";
import { STORED_COLUMNS } from "./event.ts";

const MOST_EVENTS = 1_000;
const MOST_LENGTH = 256 * 1024;
const TYPES: Readonly<Partial<Record<string, string>>> = { ev_time: "timestamptz", ev_id: "int8" };

export function isSmall(events: readonly CopiedEvent[]): boolean {
  if (events.length > MOST_EVENTS) return false;
  let length = 0;
  for (const { event } of events) length += event.length;
  return length <= MOST_LENGTH;
}

/** With their ids. `table`: pgq.current_event_table */
export function insertStatement(table: string, events: readonly CopiedEvent[]): PipelineStatement {
  const rows = events.map(({ event, changes }) =>
    event
      .toCopyLine(true, changes ?? null)
      .toString()
      .split("\t")
      .map(parseCopyField),
  );
  const columns = STORED_COLUMNS.map((_, index) => formatArray(rows.map((row) => row[index] ?? null)));
  return {
    sql: `insert into ${quoteFqname(table)} (${STORED_COLUMNS.join(", ")})
      select * from unnest(${ARRAYS})`,
    params: columns,
    name: `pgq_pass_on_${table}`,
  };
}

const ARRAYS = STORED_COLUMNS.map((column, index) => `$${index + 1}::${TYPES[column] ?? "text"}[]`).join(", ");
