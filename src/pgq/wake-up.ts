// How a ticker tells consumers that there is a new tick.

/** LISTEN/NOTIFY channel; the payload is the queue's name, or empty for any queue. */
export const TICK_CHANNEL = "pgq_tick";

/** SQL that tells of a tick when its transaction commits. `queue`: an expression of type text. */
export function tickNotice(queue: string): string {
  // 8000 bytes are the limit of a payload
  return `pg_catalog.pg_notify('${TICK_CHANNEL}', case when octet_length(${queue}) < 8000 then ${queue} else '' end)`;
}
