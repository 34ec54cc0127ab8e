// Consumers: open a batch, read it, put some events aside for a retry, finish. What was seen goes into the ledger in the
// transaction that finishes the batch, so the ledger holds each finished batch exactly once, whatever was killed.
import type { Scene, Step } from "./actor.ts";
import { pause } from "./world.ts";

export interface ConsumerOptions {
  readonly queue: string;
  readonly consumer: string;
  /** Longest pause while a batch is open. */
  readonly slowMs?: number;
  /** Part of the events that are put aside to come again. */
  readonly retries?: number;
}

interface Batch {
  readonly batch_id: string | null;
  readonly cur_tick_id: string;
  readonly prev_tick_id: string;
}

interface BatchEvent {
  readonly ev_id: string;
  readonly ev_txid: string;
  readonly ev_retry: number | null;
  readonly ev_data: string;
}

const KEY = /p\d+n\d+e/;
const MOST_RETRIES = 3;

export function consumer(options: ConsumerOptions): Step {
  return async (scene) => {
    if (!(await consumeBatch(scene, options))) await pause(scene.random, 60);
  };
}

/** Takes one batch; false when there was none. */
export async function consumeBatch(scene: Scene, options: ConsumerOptions): Promise<boolean> {
  const { world, client, random } = scene;
  // Either the batch is opened in the transaction that finishes it, or in one of its own, as most clients do.
  const oneTransaction = random.chance(0.5);
  const begin = `begin isolation level ${random.pick(["read committed", "read committed", "repeatable read"])}`;

  if (oneTransaction) await client.query(begin);
  const batch = await openBatch(scene, options);
  if (batch.batch_id === null) {
    if (oneTransaction) await client.query("commit");
    return false;
  }
  if (!oneTransaction) {
    await pause(random, options.slowMs ?? 30);
    await client.query(begin);
  }

  const events = await readEvents(scene, batch.batch_id);
  const order = events.map((event) => BigInt(event.ev_id));
  const inOrder = order.every((id, i) => i === 0 || order[i - 1]! <= id);
  await writeSeen(scene, options, batch, events);
  await putAside(scene, options, batch.batch_id, events);
  await pause(random, options.slowMs ?? 30);
  if (random.chance(0.05)) {
    await client.query("rollback"); // the same batch has to come again
    world.count("batches given up");
    return true;
  }

  const { rows } = await client.query<{ done: number }>("select pgq.finish_batch($1) as done", [batch.batch_id]);
  if (rows[0]!.done !== 1) {
    await client.query("rollback"); // another session of this consumer has finished it
    return true;
  }
  await client.query("commit");
  if (!inOrder) world.problem(`batch ${batch.batch_id} of ${options.consumer} is not ordered by ev_id`);
  world.count("batches finished");
  return true;
}

async function openBatch({ client, random }: Scene, { queue, consumer }: ConsumerOptions): Promise<Batch> {
  const custom = random.chance(0.3)
    ? [random.pick([null, "1 ms"]), random.pick([null, 5, 40]), random.pick([null, "20 ms", "100 ms"])]
    : [null, null, null];
  const { rows } = await client.query<Batch>("select * from pgq.next_batch_custom($1, $2, $3, $4, $5)", [
    queue,
    consumer,
    ...custom,
  ]);
  return rows[0]!;
}

async function readEvents({ client, random }: Scene, batchId: string): Promise<BatchEvent[]> {
  if (random.chance(0.7)) {
    const { rows } = await client.query<BatchEvent>("select * from pgq.get_batch_events($1)", [batchId]);
    return rows;
  }
  const { rows } = await client.query<BatchEvent>("select * from pgq.get_batch_cursor($1, 'c', 3)", [batchId]);
  for (;;) {
    const more = await client.query<BatchEvent>("fetch 50 from c");
    if (more.rows.length === 0) break;
    rows.push(...more.rows);
  }
  await client.query("close c");
  return rows;
}

async function writeSeen(
  { client }: Scene,
  { queue, consumer }: ConsumerOptions,
  batch: Batch,
  events: readonly BatchEvent[],
): Promise<void> {
  await client.query(
    `insert into chaos.batch (queue, consumer, batch_id, prev_tick, tick, prev_snapshot, snapshot)
     select queue_name, $2, $3::bigint, p.tick_id, t.tick_id, p.tick_snapshot, t.tick_snapshot
     from pgq.queue
     join pgq.tick p on p.tick_queue = queue_id and p.tick_id = $4
     join pgq.tick t on t.tick_queue = queue_id and t.tick_id = $5
     where queue_name = $1`,
    [queue, consumer, batch.batch_id, batch.prev_tick_id, batch.cur_tick_id],
  );
  await client.query(
    `insert into chaos.seen select $1, $2, $3, * from unnest($4::text[], $5::bigint[], $6::bigint[], $7::int[])`,
    [
      queue,
      consumer,
      batch.batch_id,
      events.map((event) => KEY.exec(event.ev_data)?.[0] ?? event.ev_data),
      events.map((event) => event.ev_id),
      events.map((event) => event.ev_txid),
      events.map((event) => event.ev_retry),
    ],
  );
}

async function putAside(
  { client, random, world }: Scene,
  { queue, consumer, retries = 0 }: ConsumerOptions,
  batchId: string,
  events: readonly BatchEvent[],
): Promise<void> {
  for (const event of events) {
    const count = event.ev_retry ?? 0;
    if (world.isOver() || count >= MOST_RETRIES || !random.chance(retries)) continue;
    await client.query(
      `insert into chaos.retried
       select $1, $2, $3, $4::bigint, $5::int where pgq.event_retry($6::bigint, $4::bigint, $7::int) = 1`,
      [queue, consumer, KEY.exec(event.ev_data)?.[0] ?? event.ev_data, event.ev_id, count + 1, batchId, random.int(2)],
    );
    world.count("events put aside");
  }
}

/**
 * A consumer that comes and goes: registers under a new name, takes some batches, unregisters. What it must have seen
 * follows from its batches' snapshots.
 */
export function visitor(queue: string, name: string): Step {
  let visit = 0;
  let registered: string | null = null;
  return async (scene) => {
    const { client, random, world } = scene;
    registered ??= `${name} ${(visit += 1)}`;
    await client.query("select pgq.register_consumer($1, $2)", [queue, registered]);
    for (let rounds = 1 + random.int(12); rounds > 0 && !world.isOver(); rounds -= 1) {
      if (!(await consumeBatch(scene, { queue, consumer: registered, retries: 0.05 }))) await pause(random, 60);
    }
    await client.query("select pgq.unregister_consumer($1, $2)", [queue, registered]);
    registered = null;
    world.count("visits");
  };
}
