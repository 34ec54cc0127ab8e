// How a ticker tells consumers that there is a new tick.

/** LISTEN/NOTIFY channel; the payload is the queue's name, or empty for any queue. */
export const TICK_CHANNEL = "pgq_tick";
