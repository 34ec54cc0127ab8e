// A small ticker for tests: ticks as soon as there are events, retries, delayed events and rotation from one connection. Not the daemon: no second one may run.
import { setTimeout as delay } from "node:timers/promises";
import { connect, type Connection } from "../postgres/index.ts";

export interface Ticker {
  /** Ends the loop and its connection; waits for the call that is running. */
  stop(): Promise<void>;
}

const MAINTENANCE_INTERVAL_MS = 2000;
const RECONNECT_DELAY_MS = 200;

export function startTicker(url: string, intervalMs: number): Ticker {
  const stopping = new AbortController();
  const loop = intervalMs === Infinity ? Promise.resolve() : tickUntil(stopping.signal, url, intervalMs);
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

async function tickUntil(signal: AbortSignal, url: string, intervalMs: number): Promise<void> {
  while (!signal.aborted) {
    try {
      await using db = await connect(url, { env: {}, applicationName: "skytools testing ticker", signal });
      await tickOn(db, signal, intervalMs);
    } catch {
      await pause(RECONNECT_DELAY_MS, signal); // the test may be restarting the server
    }
  }
}

async function tickOn(db: Connection, signal: AbortSignal, intervalMs: number): Promise<void> {
  let maintainedAt = Date.now();
  while (!signal.aborted) {
    await db.query("select pgq.ticker_now()");
    if (Date.now() - maintainedAt >= MAINTENANCE_INTERVAL_MS) {
      maintainedAt = Date.now();
      await maintain(db);
    }
    await pause(intervalMs, signal);
  }
}

/** Each step is a transaction of its own; step 2 of the rotation must not share one with step 1. */
async function maintain(db: Connection): Promise<void> {
  await db.query("select pgq.maint_retry_events()");
  await db.query("select pgq.maint_delayed_events()");
  await db.query("select pgq.maint_rotate_tables_step1(queue_name) from pgq.queue");
  await db.query("select pgq.maint_rotate_tables_step2()");
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined); // aborted: the loop looks at the signal
}
