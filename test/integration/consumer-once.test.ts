// The library's consumer with a position in another database, and as a member of a group.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConsumer, type Position, serial } from "../../src/pgq/public.ts";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { until } from "../harness/until.ts";

describe.each(majors())("a consumer on PostgreSQL %i", (major) => {
  let side: TestDatabase;
  let targetSide: TestDatabase;
  let client: pg.Client;
  let target: pg.Client;
  let counter = 0;

  beforeAll(async () => {
    side = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
    targetSide = await createSchemaTemplate(major, "template1", ["pgq_ext"]);
    [client, target] = [await side.connect(), await targetSide.connect()];
    for (const each of [client, target]) await each.query("create table applied (queue text, n serial, data text)");
  });
  afterAll(() => Promise.all([side.drop(), targetSide.drop()]));

  async function newQueue(): Promise<string> {
    const queue = `once_${(counter += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
    return queue;
  }

  async function add(queue: string, key: string, data: string): Promise<void> {
    await client.query("select pgq.insert_event($1, 't', $2, $3, null, null, null)", [
      queue,
      JSON.stringify(data),
      key,
    ]);
    await client.query("select pgq.force_tick($1)", [queue]);
    await client.query("select pgq.ticker($1)", [queue]);
  }

  async function applied(where: pg.Client, queue: string): Promise<string[]> {
    const { rows } = await where.query<{ data: string }>("select data from applied where queue = $1 order by n", [
      queue,
    ]);
    return rows.map((row) => row.data);
  }

  /** Ends the queue's session after every third commit of the target. */
  function unlucky(position: Position): Position {
    let commits = 0;
    return {
      ...position,
      async begin(batch, queueSession) {
        const [row] = await queueSession.query<{ pid: number }>("select pg_backend_pid() as pid");
        const work = await position.begin(batch, queueSession);
        return {
          ...work,
          async commit() {
            await work.commit();
            if ((commits += 1) % 3 === 0) await client.query("select pg_terminate_backend($1, 20000)", [row!.pid]);
          },
        };
      },
    };
  }

  test("with a serial position applies each event once, in order, though it is killed between the two commits", async () => {
    const queue = await newQueue();
    await using consumer = createConsumer({
      database: side.url,
      queue,
      consumer: "c",
      position: unlucky(serial({ database: targetSide.url })),
      retry: false,
      mergeEvents: 1,
    });
    const failures: unknown[] = [];
    consumer.on("failure", (report) => failures.push(report.error));
    await consumer.register();
    const events = Array.from({ length: 8 }, (_, i) => `e${i}`);
    for (const data of events) await add(queue, "k", data);

    const running = consumer.run(async (event, tx) => {
      await tx.query("insert into applied (queue, data) values ($1, $2)", [queue, String(event.payload)]);
    });
    await until(async () => (await applied(target, queue)).length >= events.length, { timeoutMs: 30_000 });
    await consumer.stop();
    await running;

    expect(await applied(target, queue)).toEqual(events);
    expect(failures.length).toBeGreaterThan(0);
  });

  test("that shares its work with the order of keys kept applies each event once and those of a key in order", async () => {
    const queue = await newQueue();
    const keys = ["a", "b", "c", "d", "e"];
    const group = [1, 2].map(() =>
      createConsumer({
        database: side.url,
        queue,
        consumer: "crew",
        cooperative: { orderBy: "ev_extra1", partitions: 3 },
      }),
    );
    await group[0]!.register();
    const running = group.map((consumer) =>
      consumer.run(async (event, tx) => {
        await tx.query("insert into applied (queue, data) values ($1, $2)", [queue, String(event.payload)]);
      }),
    );
    for (let round = 0; round < 6; round += 1) for (const key of keys) await add(queue, key, `${key}${round}`);

    await until(async () => (await applied(client, queue)).length >= 30, { timeoutMs: 30_000 });
    await Promise.all(group.map((consumer) => consumer.stop()));
    await Promise.all(running);
    const data = await applied(client, queue);

    expect(data.length).toBe(30);
    expect(keys.map((key) => data.filter((item) => item.startsWith(key)).join())).toEqual(
      keys.map((key) => [0, 1, 2, 3, 4, 5].map((round) => `${key}${round}`).join()),
    );
  });

  test("cannot be a member of a group with a position elsewhere", () => {
    const make = (): unknown =>
      createConsumer({
        database: side.url,
        queue: "q",
        consumer: "c",
        cooperative: { subconsumer: "ann" },
        position: serial({ database: targetSide.url }),
      });

    expect(make).toThrow("a cooperative consumer cannot have the position serial");
  });
});
