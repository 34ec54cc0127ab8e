// pgq_coop partitions: a consumer's work split so that each part is worked on in order, by one worker at a time.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { setHostileSearchPath, untilBlocked } from "../harness/sessions.ts";
import { tick, value } from "./queue-steps.ts";

interface Batch {
  readonly batch_id: string | null;
  readonly partition_number: number | null;
}

const NONE: Batch = { batch_id: null, partition_number: null };

describe.each(majors())("partitions of a consumer on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let queues = 0;

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
  });
  afterAll(() => database.drop());

  /** A queue with a consumer split in two, and one event. */
  async function splitQueue(client: pg.Client, count = 2): Promise<string> {
    const queue = `parted_${(queues += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
    await client.query("select pgq_coop.register_partitions($1, 'c', $2)", [queue, count]);
    return queue;
  }

  async function addBatch(client: pg.Client, queue: string): Promise<void> {
    await client.query("select pgq.insert_event($1, 't', 'd')", [queue]);
    await tick(client, queue);
  }

  async function next(
    client: pg.Client,
    queue: string,
    { count = 2, open = null, dead = null }: { count?: number; open?: string | null; dead?: string | null } = {},
  ): Promise<Batch> {
    const { rows } = await client.query<Batch>(
      "select * from pgq_coop.next_partition_batch($1, 'c', $2, $3, null, null, null, null, $4)",
      [queue, count, open, dead],
    );
    return rows[0]!;
  }

  const finish = (client: pg.Client, batch: Batch) =>
    value<number>(client, "select pgq.finish_batch($1)", [batch.batch_id]);

  const makeOld = (client: pg.Client, batch: Batch) =>
    client.query("update pgq.subscription set sub_active = now() - interval '1 hour' where sub_batch = $1", [
      batch.batch_id,
    ]);

  test("each partition has one open batch, and gets its next one when that is finished", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    await addBatch(client, queue);

    const [a, b, none] = [await next(client, queue), await next(client, queue), await next(client, queue)];
    await finish(client, b);
    const c = await next(client, queue);

    expect([a.partition_number, b.partition_number].sort()).toEqual([0, 1]);
    expect(none).toEqual(NONE);
    expect(c.partition_number).toBe(b.partition_number);
  });

  test("every partition sees every batch once, and then nothing is left", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client, 3);
    await addBatch(client, queue);
    await addBatch(client, queue);

    const seen: (number | null)[] = [];
    for (let batch = await next(client, queue, { count: 3 }); batch.batch_id !== null;) {
      seen.push(batch.partition_number);
      await finish(client, batch);
      batch = await next(client, queue, { count: 3 });
    }

    expect(seen.sort()).toEqual([0, 0, 1, 1, 2, 2]);
    const { rows } = await client.query("select distinct last_tick, pending_events from pgq.get_consumer_info($1)", [
      queue,
    ]);
    expect(rows.length).toBe(1);
  });

  test("a worker is given again the batch that it has open, and others are not", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    const mine = await next(client, queue);

    expect(await next(client, queue, { open: mine.batch_id })).toEqual(mine);
    expect((await next(client, queue)).partition_number).toBe(1 - mine.partition_number!);
  });

  test("the batch of a dead worker is given on under a new id, and the old id ends nothing", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    const [lost, alive] = [await next(client, queue), await next(client, queue)];
    await makeOld(client, lost);
    const events = await value<string>(client, "select count(*) from pgq.get_batch_events($1)", [lost.batch_id]);

    const taken = await next(client, queue, { dead: "1 minute" });

    expect(taken.partition_number).toBe(lost.partition_number);
    expect(taken.batch_id).not.toBe(lost.batch_id);
    expect(await value<string>(client, "select count(*) from pgq.get_batch_events($1)", [taken.batch_id])).toBe(events);
    expect(await finish(client, lost)).toBe(0);
    const beat = (batch: Batch) =>
      value<number>(client, "select pgq_coop.heartbeat($1, 'c', $2, $3)", [
        queue,
        `${batch.partition_number}/2`,
        batch.batch_id,
      ]);
    expect([await beat(lost), await beat(taken), await beat(alive)]).toEqual([0, 1, 1]);
    expect([await finish(client, taken), await finish(client, alive)]).toEqual([1, 1]);
  });

  test("a heartbeat keeps others from taking a batch over", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client, 1);
    await addBatch(client, queue);
    const mine = await next(client, queue, { count: 1 });
    await makeOld(client, mine);

    await client.query("select pgq_coop.heartbeat($1, 'c', '0/1', $2)", [queue, mine.batch_id]);

    expect(await next(client, queue, { count: 1, dead: "1 minute" })).toEqual(NONE);
  });

  test("a worker whose end of the batch is not committed yet does not hold up the others, and keeps its batch", async () => {
    const [client, other] = [await database.connect(), await database.connect()];
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    const ending = await next(other, queue);
    await makeOld(client, ending);

    await other.query("begin");
    await finish(other, ending);
    const free = await next(client, queue, { dead: "1 minute" });
    const none = await next(client, queue, { dead: "1 minute" });
    await other.query("commit");

    expect(free.partition_number).toBe(1 - ending.partition_number!);
    expect(none).toEqual(NONE);
  });

  test("workers that ask at the same moment get different partitions", async () => {
    const [client, other] = [await database.connect(), await database.connect()];
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    const pid = await value<number>(other, "select pg_backend_pid()");

    await client.query("begin");
    const first = await next(client, queue);
    const second = next(other, queue);
    await untilBlocked(client, pid);
    await client.query("commit");

    expect((await second).partition_number).toBe(1 - first.partition_number!);
  });

  test("the first worker splits the consumer, a plain one at its position", async () => {
    const client = await database.connect();
    const queue = `parted_${(queues += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
    await client.query("select pgq.register_consumer($1, 'c')", [queue]);
    await addBatch(client, queue);

    const first = await next(client, queue);

    expect(await value<string>(client, "select count(*) from pgq.get_batch_events($1)", [first.batch_id])).toBe("1");
  });

  test("another number of partitions is refused until all stand at one tick, then it goes on there", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    const a = await next(client, queue);

    await expect(next(client, queue, { count: 3 })).rejects.toThrow(/has 2 partitions, not 3/);
    await finish(client, a);
    await expect(next(client, queue, { count: 3 })).rejects.toThrow(/has 2 partitions, not 3/);
    await finish(client, await next(client, queue));
    await addBatch(client, queue);
    const c = await next(client, queue, { count: 3 });

    expect(await value<string>(client, "select count(*) from pgq.get_batch_events($1)", [c.batch_id])).toBe("1");
    expect(await value<string>(client, "select count(*) from pgq.get_consumer_info($1)", [queue])).toBe("4");
    await expect(next(client, queue)).rejects.toThrow(/has 3 partitions, not 2/);
  });

  test("a group of workers without order is not split, and a count makes sense", async () => {
    const client = await database.connect();
    const queue = `parted_${(queues += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
    await client.query("select pgq_coop.register_subconsumer($1, 'c', 'ann')", [queue]);

    await expect(next(client, queue)).rejects.toThrow("is shared by workers without order");
    await expect(next(client, queue, { count: 0 })).rejects.toThrow("number of partitions must be 1 to 1000, not 0");
    await expect(client.query("select pgq_coop.register_partitions('nope', 'c', 2)")).rejects.toThrow(
      "Event queue not created yet",
    );
  });

  test("a retried event comes back to the partitions, a dead letter belongs to the main consumer", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client, 1);
    await client.query("select pgq.insert_events($1, '{t,t}', '{again,dead}')", [queue]);
    await tick(client, queue);
    const batch = await next(client, queue, { count: 1 });
    const ids = await value<string[]>(client, "select array_agg(ev_id order by ev_id) from pgq.get_batch_events($1)", [
      batch.batch_id,
    ]);

    await client.query("select pgq.event_retry($1, $2, 0), pgq.event_dead($1, array[$3::bigint], '{no}')", [
      batch.batch_id,
      ids[0],
      ids[1],
    ]);
    await finish(client, batch);
    await client.query("select pgq.maint_retry_events()");
    await tick(client, queue);
    const later = await next(client, queue, { count: 1 });

    expect(
      await value<string>(client, "select string_agg(ev_data, ',') from pgq.get_batch_events($1)", [later.batch_id]),
    ).toBe("again");
    expect(await value<string>(client, "select ev_data from pgq.get_dead_letters($1, 'c')", [queue])).toBe("dead");
  });

  test("registering at a tick moves all partitions there and drops their open batches", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    const start = await value<string>(client, "select max(tick_id) from pgq.get_consumer_info($1), pgq.tick", [queue]);
    await addBatch(client, queue);
    const first = await value<string>(client, "select min(last_tick) from pgq.get_consumer_info($1)", [queue]);
    const open = await next(client, queue);

    await client.query("select pgq_coop.register_partitions($1, 'c', 2, $2)", [queue, first]);

    const { rows } = await client.query("select distinct last_tick, current_batch from pgq.get_consumer_info($1)", [
      queue,
    ]);
    expect(rows).toEqual([{ last_tick: first, current_batch: null }]);
    expect(await finish(client, open)).toBe(0);
    expect(Number(start)).toBeGreaterThan(0);
  });

  test("unregistering the main consumer ends all partitions", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    await next(client, queue);

    await client.query("select pgq.unregister_consumer($1, 'c')", [queue]);

    expect(await value<string>(client, "select count(*) from pgq.get_consumer_info($1)", [queue])).toBe("0");
  });

  test("the caller's search_path has no say in partitions", async () => {
    const client = await database.connect();
    const queue = await splitQueue(client);
    await addBatch(client, queue);
    await client.query("begin");
    await setHostileSearchPath(client);

    const batch = await next(client, queue, { dead: "1 minute" });
    await client.query("rollback");

    expect(batch.batch_id).not.toBeNull();
  });
});
