// Sessions that are ended, servers that are restarted, and networks that swallow everything, under a consumer.
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { sourceKinds, startWorker, type Worker } from "../harness/outage-side.ts";
import { startPrivateServer } from "../harness/private-server.ts";
import { type Proxy, startProxy } from "../harness/proxy.ts";
import { until } from "../harness/until.ts";

const major = Math.max(...majors());
const PATIENCE = { timeoutMs: 60_000 };
const ANSWER_TIMEOUT_MS = 400;

/** Something that happens in another place, once. */
function once(): { readonly happened: Promise<void>; readonly happen: () => void } {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return { happened, happen };
}

function through(url: string, proxy: Proxy): string {
  const changed = new URL(url);
  changed.hostname = "127.0.0.1";
  changed.port = String(proxy.port);
  return changed.href;
}

describe.each(sourceKinds)("a consumer over $name", ({ open }) => {
  let db: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    db = await createDatabase(major);
    client = await db.connect();
  });
  afterAll(() => db.drop());

  const endSessions = async (): Promise<void> => {
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
  };

  test("goes on when its sessions are ended while it waits", async () => {
    const { source, close } = open(db.url);
    const worker = await startWorker(client, source);
    const running = worker.run();
    await worker.add(1);
    await until(() => worker.finished() === 1, PATIENCE);

    await endSessions();
    await worker.add(2);
    await until(() => worker.finished() === 3, PATIENCE);
    await worker.consumer.stop();
    await running;
    close();

    expect(await worker.done()).toEqual([0, 0, 1]);
  });

  test.each(["before", "after"] as const)(
    "does a batch once whose session is ended %s the handler has written",
    async (place) => {
      const { source, close } = open(db.url);
      const worker = await startWorker(client, source);
      await worker.add(3);
      let calls = 0;
      const running = worker.run(async (at) => {
        if (at === place && (calls += 1) === 2) await endSessions();
      });

      await until(() => worker.finished() >= 3, PATIENCE);
      await worker.consumer.stop();
      await running;
      close();

      expect(worker.errors.length).toBeGreaterThan(0);
      expect(await worker.done()).toEqual([0, 1, 2]);
    },
  );

  test("does a batch once whose session is ended while it commits", async () => {
    const { source, close } = open(db.url);
    const worker = await startWorker(client, source);
    const lock = 700_001;
    await client.query(`
      create or replace function slow_commit() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(${lock}); return null; end $$`);
    const { rows } = await client.query<{ name: string }>(
      "select max(tablename) as name from pg_tables where tablename ~ '^outage_[0-9]+_row$'",
    );
    await client.query(`create constraint trigger slow after update on ${rows[0]!.name}
      deferrable initially deferred for each row execute function slow_commit()`);
    const holder = await db.connect();
    await holder.query("select pg_advisory_lock($1)", [lock]);
    await worker.add(2);
    const running = worker.run();
    const pid = await until(async () => {
      const { rows: waiting } = await client.query<{ pid: number }>(
        "select pid from pg_stat_activity where datname = current_database() and query = 'commit' and state = 'active'",
      );
      return waiting[0]?.pid;
    }, PATIENCE);

    await client.query("select pg_terminate_backend($1)", [pid]);
    await until(() => worker.errors.length > 0, PATIENCE);
    await holder.query("select pg_advisory_unlock($1)", [lock]);
    await until(() => worker.finished() >= 2, PATIENCE);
    await worker.consumer.stop();
    await running;
    close();

    expect(await worker.done()).toEqual([0, 1]);
  });

  test("gives up a network that swallows everything while it waits, and works again over a new connection", async () => {
    await using proxy = await startProxy(Number(new URL(db.url).port));
    const { source, close } = open(through(db.url, proxy));
    const worker = await startWorker(client, source, { answerTimeoutMs: ANSWER_TIMEOUT_MS });
    const running = worker.run();
    await worker.add(1);
    await until(() => worker.finished() === 1, PATIENCE);

    proxy.swallow();
    await until(() => worker.errors.length > 0, PATIENCE);
    proxy.letThrough();
    await worker.add(2);
    await until(() => worker.finished() === 3, PATIENCE);
    await worker.consumer.stop();
    await running;
    close();

    expect(await worker.done()).toEqual([0, 0, 1]);
  });

  test("does a batch once when the network swallowed everything under the handler, whose transaction the server still has", async () => {
    await using proxy = await startProxy(Number(new URL(db.url).port));
    const { source, close } = open(through(db.url, proxy));
    const worker = await startWorker(client, source, { answerTimeoutMs: ANSWER_TIMEOUT_MS });
    await worker.add(2);
    let calls = 0;
    const running = worker.run((at) => {
      if (at === "after" && (calls += 1) === 2) proxy.swallow();
    });

    await until(() => worker.errors.length > 0, PATIENCE);
    proxy.letThrough();
    await until(() => worker.finished() >= 2, PATIENCE);
    await worker.consumer.stop();
    await running;
    close();

    expect(await worker.done()).toEqual([0, 1]);
  });

  test("stops although the network swallows everything while it waits", async () => {
    await using proxy = await startProxy(Number(new URL(db.url).port));
    const { source, close } = open(through(db.url, proxy));
    const worker = await startWorker(client, source, { graceMs: 50 });
    const running = worker.run();
    await worker.add(1);
    await until(() => worker.finished() === 1, PATIENCE);

    proxy.swallow();
    await worker.consumer.stop();
    await running;
    close();
  });

  test("stops although the network swallows everything under a statement of the handler", async () => {
    await using proxy = await startProxy(Number(new URL(db.url).port));
    const { source, close } = open(through(db.url, proxy));
    const worker = await startWorker(client, source, { graceMs: 50 });
    const { happened, happen } = once();
    await worker.add(1);
    const running = worker.run(() => {
      proxy.swallow();
      happen();
    });

    await happened;
    await worker.consumer.stop();
    await running;
    close();

    expect(await worker.done()).toEqual([]);
  });

  test("a loop over batches that hangs does not hold up stop, and cannot acknowledge afterwards", async () => {
    const { source, close } = open(db.url);
    const worker = await startWorker(client, source, { graceMs: 50 });
    await worker.add(1);
    const { happened, happen } = once();
    const { happened: wake, happen: goOn } = once();
    const looping = (async () => {
      for await (const batch of worker.consumer.batches()) {
        batch.ackRest();
        happen();
        await wake;
        await batch.ack();
      }
    })();
    const failed = expect(looping).rejects.toMatchObject({ code: "ABORTED" });

    await happened;
    await worker.consumer.stop();
    goOn();
    await failed;
    close();
  });
});

describe.each(["fast", "immediate"] as const)("a %s restart of the server", (mode) => {
  test("leaves consumers of every kind working", async () => {
    const server = await startPrivateServer({ major });
    try {
      const client = await server.connect();
      const opened = sourceKinds.map(({ open }) => open(server.cluster.url()));
      const workers: Worker[] = [];
      for (const { source } of opened) workers.push(await startWorker(client, source));
      const running = workers.map((worker) => worker.run());
      for (const worker of workers) await worker.add(2);
      await until(() => workers.every((worker) => worker.finished() === 2), PATIENCE);

      await server.cluster.halt(mode);
      await until(() => workers.every((worker) => worker.errors.length > 0), PATIENCE);
      await server.cluster.start();
      const again = await server.connect();
      for (const { consumer } of workers) {
        const queue = consumer.queue.name;
        await again.query("select pgq.insert_event($1, 'number', '{\"n\":7}')", [queue]);
        await again.query("select pgq.force_tick($1)", [queue]);
        await again.query("select pgq.ticker($1)", [queue]);
      }
      await until(() => workers.every((worker) => worker.finished() === 3), PATIENCE);

      await Promise.all(workers.map((worker) => worker.consumer.stop()));
      await Promise.all(running);
      for (const { close } of opened) close();
    } finally {
      await server.stop();
    }
  });
});

test("a pool without a listener for errors loses its idle and listening clients in silence, and one with a listener hears of them", async () => {
  await using db = await createDatabase(major);
  const client = await db.connect();
  const pools = [new pg.Pool({ connectionString: db.url }), new pg.Pool({ connectionString: db.url })];
  const heard: Error[] = [];
  pools[1]!.on("error", (error) => heard.push(error));
  const workers = [await startWorker(client, pools[0]!), await startWorker(client, pools[1]!)];
  const running = workers.map((worker) => worker.run());
  for (const worker of workers) await worker.add(1);
  await until(() => workers.every((worker) => worker.finished() === 1), PATIENCE);
  for (const { consumer } of workers) consumer.pause();
  await until(() => pools.every((pool) => pool.idleCount === pool.totalCount && pool.idleCount > 0), PATIENCE);

  await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
  await until(() => pools.every((pool) => pool.totalCount === 0), PATIENCE);
  await Promise.all(workers.map(({ consumer }) => consumer.stop()));
  await Promise.all(running);
  await Promise.all(pools.map((pool) => pool.end()));

  expect(heard.length).toBeGreaterThan(0);
});
