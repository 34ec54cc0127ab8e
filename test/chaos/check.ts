// After the run: lets everything drain, then compares the ledger with what the consumers were given.
import { readFileSync } from "node:fs";
import type pg from "pg";
import { until } from "../harness/until.ts";
import { consumeBatch, type ConsumerOptions } from "./consume.ts";
import { tryConnect, type World } from "./world.ts";

/** Ends what is open, ticks and consumes until nothing more comes. */
export async function drain(world: World, consumers: readonly ConsumerOptions[]): Promise<pg.Client> {
  const client = await until(() => tryConnect(world.cluster, "checker"), { what: "server up after the run" });
  const random = world.random.fork("drain");
  const { rows } = await client.query<{ gid: string }>("select gid from pg_prepared_xacts");
  for (const { gid } of rows) await client.query(`commit prepared '${gid}'`);

  const once = async (): Promise<number> => {
    await client.query("select pgq.maint_rotate_tables_step2()");
    while (await moveRetryEvents(client)) world.count("retry events moved while draining");
    for (const { name } of world.queues) {
      await client.query("select pgq.force_tick($1)", [name]);
      await client.query("select pgq.ticker($1)", [name]);
    }
    const before = await countOf(client, "select count(*) as n from chaos.seen");
    for (const options of consumers) {
      while (await consumeBatch({ world, client, random }, { ...options, retries: 0, slowMs: 1 }));
    }
    const seen = await countOf(client, "select count(*) as n from chaos.seen");
    return seen - before + (await countOf(client, "select count(*) as n from pgq.retry_queue"));
  };
  await until(async () => (await once()) === 0 && (await once()) === 0, { timeoutMs: 120_000, what: "drained" });
  return client;
}

async function moveRetryEvents(client: pg.Client): Promise<boolean> {
  return (await countOf(client, "select pgq.maint_retry_events() as n")) > 0;
}

async function countOf(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ n: string | number }>(sql);
  return Number(rows[0]!.n);
}

/** Each query lists violations; the columns are shown as they are. */
const RULES: Readonly<Record<string, string>> = {
  "committed event not delivered": `
    select c.consumer, m.* from chaos.made m join chaos.faithful c using (queue)
    where not exists (select from chaos.seen s
      where (s.queue, s.consumer, s.key) = (m.queue, c.consumer, m.key) and s.ev_retry is null)`,
  "event delivered more than once": `
    select queue, consumer, key, ev_retry, array_agg(batch_id) as batches from chaos.seen
    group by queue, consumer, key, ev_retry having count(*) > 1`,
  "batch finished more than once": `
    select batch_id, count(*) from chaos.batch group by batch_id having count(*) > 1`,
  "event delivered that no committed transaction made": `
    select s.* from chaos.seen s left join chaos.made m using (queue, key) where m.key is null`,
  "event with another id than the producer was told": `
    select s.*, m.ev_id as told from chaos.seen s join chaos.made m using (queue, key)
    where s.ev_id <> m.ev_id`,
  "first delivery with another transaction id than the producer had": `
    select s.*, m.txid from chaos.seen s join chaos.made m using (queue, key)
    where s.ev_retry is null and s.ev_txid <> m.txid`,
  "event put aside and not seen again": `
    select r.* from chaos.retried r join chaos.faithful using (queue, consumer) where not exists (select from chaos.seen s
      where (s.queue, s.consumer, s.key, s.ev_retry) = (r.queue, r.consumer, r.key, r.ev_retry))`,
  "retry seen by somebody who did not ask for it": `
    select s.* from chaos.seen s where s.ev_retry is not null and not exists (select from chaos.retried r
      where (s.queue, s.consumer, s.key, s.ev_retry) = (r.queue, r.consumer, r.key, r.ev_retry))`,
  "event missing in the batch whose snapshots it lies between": `
    select b.queue, b.consumer, b.batch_id, b.prev_snapshot, b.snapshot, m.key, m.txid from chaos.batch b
    join chaos.made m on m.queue = b.queue and txid_visible_in_snapshot(m.txid, b.snapshot)
      and not txid_visible_in_snapshot(m.txid, b.prev_snapshot)
    where m.txid between txid_snapshot_xmin(b.prev_snapshot) and txid_snapshot_xmax(b.snapshot)
      and not exists (select from chaos.seen s where s.batch_id = b.batch_id and s.key = m.key and s.ev_retry is null)`,
  "batch that does not begin where the one before it ended": `
    select * from (select b.*, lag(tick) over (partition by queue, consumer order by batch_id) as before
      from chaos.batch b) b where before <> prev_tick`,
};

/** All violations, described; empty when the run was right. */
export async function check(world: World, client: pg.Client): Promise<string[]> {
  const found = [...world.problems];
  await client.query("create index on chaos.seen (key, consumer); create index on chaos.seen (batch_id, key)");
  await client.query("create index on chaos.made (txid); analyze chaos.made, chaos.seen, chaos.batch");
  for (const [rule, sql] of Object.entries(RULES)) {
    const { rows } = await client.query(`${sql} limit 5`);
    found.push(...rows.map((row) => `${rule}: ${JSON.stringify(row)}`));
  }
  found.push(...(await contradictedFates(world, client)));
  found.push(...suspiciousLog(world.cluster.logFile));
  return found;
}

/** What a producer was told about its commits must be what the ledger says. */
async function contradictedFates(world: World, client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>("select key from chaos.made");
  const made = new Set(rows.map((row) => row.key));
  const lies: string[] = [];
  for (const [key, fate] of world.fates) {
    if (fate === "committed" && !made.has(key)) lies.push(`acknowledged commit of ${key} is gone`);
    if (fate === "rolled back" && made.has(key)) lies.push(`rolled back ${key} is there`);
  }
  return lies.slice(0, 5);
}

const SUSPICIOUS =
  /PANIC|corrupt|maint failure|Invalid PgQ state|Dubious PgQ|was terminated by signal (?!9)|invalid page/i;

function suspiciousLog(logFile: string): string[] {
  const lines = readFileSync(logFile, "utf8").split("\n");
  return lines.filter((line) => SUSPICIOUS.test(line)).slice(0, 5);
}
