// Many workers at once: every batch goes to exactly one of them, every event is seen once.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as crew from "../harness/crew.ts";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";

const WORKERS = 12;
const BATCHES = 60;

describe.each(majors())("sharing batches on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let main: pg.Client;
  let sessions: readonly pg.Client[];

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
    main = await database.connect();
    sessions = await Promise.all(Array.from({ length: WORKERS }, () => database.connect()));
  });
  afterAll(() => database.drop());

  const workersOf = (queue: string) =>
    sessions.map((client, i) => ({ client, worker: { queue, consumer: "crew", name: `w${i}` } }));

  test("workers of a new group that all start at once register without an error", async () => {
    await crew.createQueue(main, "start");

    const first = await Promise.all(workersOf("start").map(({ client, worker }) => crew.nextBatch(client, worker)));

    expect(new Set(first)).toEqual(new Set([null]));
    const { rows } = await main.query(
      `select count(*)::int as rows, count(distinct sub_id)::int as groups
         from pgq.subscription join pgq.queue on queue_id = sub_queue where queue_name = 'start'`,
    );
    expect(rows).toEqual([{ rows: WORKERS + 1, groups: 1 }]);
  });

  test("no batch is given to two workers and no event is left out", async () => {
    await crew.createQueue(main, "share");
    await Promise.all(workersOf("share").map(({ client, worker }) => crew.register(client, worker)));
    const produced = Array.from({ length: BATCHES }, (_, i) => `job ${i}`);
    for (const data of produced) await crew.addBatch(main, "share", data);

    const drained = await Promise.all(workersOf("share").map(({ client, worker }) => drain(client, worker)));

    expect(drained.flatMap((d) => d.batches).length).toBe(new Set(drained.flatMap((d) => d.batches)).size);
    expect(drained.flatMap((d) => d.data).sort()).toEqual([...produced].sort());
  });

  test("of many workers that find a dead one, one gets its batch", async () => {
    await crew.createQueue(main, "dead");
    const dead = { queue: "dead", consumer: "crew", name: "dead" };
    await crew.register(main, dead);
    await crew.addBatch(main, "dead", "left behind");
    const batch = await crew.nextBatch(main, dead);
    await crew.silence(main, dead, "2 hours");

    const taken = await Promise.all(
      workersOf("dead").map(({ client, worker }) => crew.nextBatch(client, worker, "1 hour")),
    );

    expect(taken.filter((id) => id !== null)).toEqual([batch]);
    expect(await crew.batchData(main, batch)).toEqual(["left behind"]);
    expect(await crew.isRegistered(main, dead)).toBe(false);
  });

  test("a dead worker with a batch goes before one without", async () => {
    await crew.createQueue(main, "first");
    const [idle, busy, heir] = ["idle", "busy", "heir"].map((name) => ({ queue: "first", consumer: "crew", name })) as [
      crew.Worker,
      crew.Worker,
      crew.Worker,
    ];
    for (const worker of [idle, busy]) await crew.register(main, worker);
    await crew.addBatch(main, "first", "left behind");
    const batch = await crew.nextBatch(main, busy);
    await crew.silence(main, idle, "3 hours");
    await crew.silence(main, busy, "2 hours");

    expect(await crew.nextBatch(main, heir, "1 hour")).toBe(batch);
  });

  test("workers that come and go at once do not disturb each other", async () => {
    await crew.createQueue(main, "leave");
    await crew.addBatch(main, "leave", "before anybody was there");

    const results = await Promise.allSettled(
      workersOf("leave").map(async ({ client, worker }, i) => {
        await crew.nextBatch(client, worker);
        if (i % 2 === 0) {
          await client.query("select pgq_coop.unregister_subconsumer($1, $2, $3, 0)", [
            worker.queue,
            worker.consumer,
            worker.name,
          ]);
        }
      }),
    );

    expect(results.filter((r) => r.status === "rejected")).toEqual([]);
    expect(await crew.isRegistered(main, { queue: "leave", consumer: "crew", name: "w0" })).toBe(false);
    expect(await crew.isRegistered(main, { queue: "leave", consumer: "crew", name: "w1" })).toBe(true);
  });
});

/** Takes and finishes batches until there are none. */
async function drain(client: pg.Client, worker: crew.Worker): Promise<{ batches: string[]; data: string[] }> {
  const batches: string[] = [];
  const data: string[] = [];
  for (;;) {
    const batch = await crew.nextBatch(client, worker, "1 hour");
    if (batch === null) return { batches, data };
    batches.push(batch);
    data.push(...(await crew.batchData(client, batch)));
    await crew.finishBatch(client, worker, batch);
  }
}
