// Sends events in transactions of all shapes, with a row of the ledger in the same transaction.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { defineQueue, send, sendMany } from "../../../../src/pgq/public.ts";
import { type Chance, seededChance } from "../../../harness/chance.ts";
import { readOrders, tell, untilToldToStop } from "./telling.ts";

const orders = readOrders();
const queue = defineQueue(orders.queue, { format: "text" });
const random = seededChance(orders.seed).fork(`${orders.name} ${process.pid}`);
const signal = untilToldToStop();
let number = 0;

while (!signal.aborted) {
  const client = new pg.Client({ connectionString: orders.source, connectionTimeoutMillis: 3000, query_timeout: 8000 });
  client.on("error", () => undefined); // the next statement fails and tells
  try {
    await client.connect();
    while (!signal.aborted) await produce(client);
  } catch {
    tell({ kind: "count", what: "producers lost their connection", by: 1 });
    await delay(100 + random.int(200));
  } finally {
    await Promise.race([client.end().catch(() => undefined), delay(500)]);
  }
}
process.exit(0);

async function produce(client: pg.Client): Promise<void> {
  const keys = Array.from({ length: 1 + random.int(6) }, () => `${orders.name}-${process.pid}-${(number += 1)}`);
  await client.query("begin");
  const ids = await sendKeys(client, random, keys);
  await client.query("insert into chaos.made (key, ev_id) select * from unnest($1::text[], $2::bigint[])", [keys, ids]);
  if (random.chance(0.3)) await delay(random.int(60));
  if (random.chance(0.1)) {
    await client.query("rollback");
    return;
  }
  const { command } = await client.query("commit");
  if (command !== "COMMIT") throw new Error(`commit answered ${command}`);
  tell({ kind: "committed", keys });
  await delay(random.int(25));
}

/** Within a part, ordered workers keep the order. */
function part(): string {
  return `part ${random.int(12)}`;
}

async function sendKeys(client: pg.Client, chance: Chance, keys: readonly string[]): Promise<string[]> {
  if (chance.chance(0.5)) {
    const ids = await sendMany(
      client,
      queue,
      keys.map((data) => ({ type: "many", data, extra1: part() })),
    );
    return ids.map(String);
  }
  const ids: string[] = [];
  for (const data of keys) ids.push(String(await send(client, queue, { type: "one", data, extra1: part() })));
  return ids;
}
