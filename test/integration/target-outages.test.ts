// The database where events are applied is lost, under consumers that keep their position there.
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { remote, serial } from "../../src/pgq/position/index.ts";
import { type ConsumerSide, createConsumerSide, numberOf } from "../harness/consumer-side.ts";
import { majors, type TestDatabase } from "../harness/database.ts";
import { startProxy } from "../harness/proxy.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { until } from "../harness/until.ts";

const major = Math.max(...majors());
const PATIENCE = { timeoutMs: 60_000 };

describe.each([
  ["serial", serial],
  ["remote", remote],
])("a %s consumer", (_kind, makePosition) => {
  let side: ConsumerSide;
  let target: TestDatabase;
  let inTarget: pg.Client;
  beforeAll(async () => {
    side = await createConsumerSide(major);
    target = await createSchemaTemplate(major, "template1", ["pgq_ext"]);
    inTarget = await target.connect();
    await inTarget.query(
      "create table done (id bigserial, n int); create table hits (n int); insert into hits values (0)",
    );
  });
  afterAll(async () => {
    await target.drop();
    await side[Symbol.asyncDispose]();
  });

  const through = (port: number): string => {
    const url = new URL(target.url);
    url.hostname = "127.0.0.1";
    url.port = String(port);
    return url.href;
  };

  test("applies a batch once when the network to its target swallowed everything before the commit", async () => {
    await using proxy = await startProxy(Number(new URL(target.url).port));
    const pool = new pg.Pool({ connectionString: through(proxy.port), max: 3 });
    const position = makePosition({ database: pool, name: "swallowed" });
    const { consumer, add } = await side.open({ position, retry: false, answerTimeoutMs: 400 });
    await add(2);
    let calls = 0;
    let failures = 0;
    let finished = 0;
    consumer.on("failure", () => (failures += 1));
    consumer.on("batch", ({ events }) => (finished += events));

    const running = consumer.run(async (event, tx) => {
      await tx.query("update hits set n = n + 1");
      await tx.query("insert into done (n) values ($1::text::int)", [String(numberOf(event))]);
      if ((calls += 1) === 2) proxy.swallow();
    });
    await until(() => failures > 0, PATIENCE);
    proxy.letThrough();
    await until(() => finished === 2, PATIENCE);
    await consumer.stop();
    await running;
    void pool.end();

    const { rows } = await inTarget.query<{ n: number }>("select n from done order by id");
    expect(rows.map(({ n }) => n)).toEqual([0, 1]);
  });

  test("stops although its target gives no answer", async () => {
    await using proxy = await startProxy(Number(new URL(target.url).port));
    const position = makePosition({ database: through(proxy.port), name: "stopped" });
    const { consumer, add } = await side.open({ position, retry: false, graceMs: 50 });
    await add(1);
    let isInside = false;
    const running = consumer.run(async (_event, tx) => {
      proxy.swallow();
      isInside = true;
      await tx.query("select 1");
    });
    await until(() => isInside, PATIENCE);

    await consumer.stop();
    await running;
  });
});
