// One consumer of one kind: writes a row of the ledger for each event, in the transaction that it is given, or by
// itself where there is none.
import pg from "pg";
import { orderedSource, sharedSource } from "../../../../src/pgq/coop/index.ts";
import { toDatabase } from "../../../../src/pgq/drivers/to-database.ts";
import { file, remote, serial } from "../../../../src/pgq/position/index.ts";
import { type ConsumerOptions, createConsumer, defineQueue } from "../../../../src/pgq/public.ts";
import { readOrders, tell, untilToldToStop } from "./telling.ts";

const orders = readOrders();
const signal = untilToldToStop();

const INSERT = `insert into chaos.done (consumer, batch_id, tick_id, ev_id, key, part, retry, worker)
  values ($1::text, $2::text::bigint, $3::text::bigint, $4::text::bigint, $5::text, $6::text, $7::text::int, $8::text)`;

const DEAD_AFTER_MS = 1500;
const { queue, consumer: name } = orders;
const group = { queue, consumer: name, deadAfterMs: DEAD_AFTER_MS };

const special: Partial<Record<typeof orders.kind, () => Partial<ConsumerOptions>>> = {
  serial: () => ({ position: serial({ database: toDatabase(orders.target) }) }),
  remote: () => ({ position: remote({ database: toDatabase(orders.target) }) }),
  file: () => ({ position: file(orders.file) }),
  worker: () => ({ source: sharedSource({ ...group, subconsumer: orders.name }) }),
  ordered: () => ({ source: orderedSource({ ...group, orderBy: "ev_extra1", partitions: 4 }) }),
};

/** For those without a transaction: one that goes on with a new connection. */
let outside: pg.Client | null = null;
async function writeOutside(values: readonly string[]): Promise<void> {
  if (outside === null) {
    const client = new pg.Client({
      connectionString: orders.target,
      connectionTimeoutMillis: 3000,
      query_timeout: 8000,
    });
    client.on("error", () => (outside = null));
    await client.connect();
    outside = client;
  }
  try {
    await outside.query(INSERT, [...values]);
  } catch (error) {
    outside = null;
    throw error;
  }
}

const consumer = createConsumer({
  database: orders.source,
  queue: defineQueue(queue, { format: "text" }),
  consumer: name,
  signal,
  // without a transaction an event that fails would be set aside, which this consumer does not want
  ...(orders.kind === "retrying" ? {} : { retry: false }),
  // many batches, so that more ends of batches are met; one consumer merges as much as it likes
  ...(orders.kind === "outside" ? {} : { mergeEvents: 100 }),
  ...special[orders.kind]?.(),
});
consumer.on("failure", ({ error }) => {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  tell({ kind: "count", what: `failed batches of ${orders.kind}: ${code}`, by: 1 });
});

await consumer.run(async (event, tx) => {
  const key = event.data ?? "";
  if (orders.kind === "retrying" && event.retries === 0 && dice(key) < 8) {
    if (dice(key) < 2) event.deadLetter("chaos");
    else event.retry({ delayMs: 0 });
    tell({ kind: "count", what: "events put aside", by: 1 });
    return;
  }
  const values = [name, event.batchId, event.tick, event.id, key, event.extra1, event.retries, orders.name].map(String);
  if (orders.kind === "file" || orders.kind === "outside") await writeOutside(values);
  else await tx.query(INSERT, values);
  tell({ kind: "count", what: `events at ${orders.kind}`, by: 1 });
});
process.exit(0);

/** 0 to 99, the same for a key each time. */
function dice(key: string): number {
  let hash = 7;
  for (const char of key) hash = (hash * 31 + char.charCodeAt(0)) % 10_007;
  return hash % 100;
}
