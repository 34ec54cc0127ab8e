// The disk of the server is full for a while: producers are refused, the ticker and the consumer wait, the server may
// even go down. When there is space again, all goes on by itself, and what was committed arrives.
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { createConsumer, defineQueue, send } from "../../src/pgq/public.ts";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { startFleet } from "../harness/fleet.ts";
import { mountSmallDisk, type SmallDisk } from "../harness/small-disk.ts";
import { until } from "../harness/until.ts";

const MEGABYTES = 200;
const EVENT_BYTES = 100_000;
const queue = defineQueue("disk", { format: "text" });

const disk = mountSmallDisk(MEGABYTES);

if (disk === null) {
  test("a full disk is not tried, because this user may not mount a small one", () => {
    expect(disk).toBeNull();
  });
} else {
  afterAll(() => disk.unmount());
  test("what was committed before, during and after a full disk arrives once, and all goes on by itself", () =>
    withServerOn(disk, async (cluster, pool) => {
      const sent: string[] = [];
      const produce = async (): Promise<void> => {
        const key = `${sent.length}:${"x".repeat(EVENT_BYTES)}`;
        await send(pool, queue, { type: "t", data: key });
        sent.push(key.split(":")[0]!);
      };
      const ticker = startFleet(cluster.url(), { databases: ["postgres"] });
      const consumer = createConsumer({ database: pool, queue, consumer: "reader" });
      const consuming = consumer.run(async (event, tx) => {
        await tx.query("insert into seen (key) values ($1::text)", [event.data!.split(":")[0]!]);
      });
      const seen = (): Promise<string[]> =>
        pool.query<{ key: string }>("select key from seen order by n").then(({ rows }) => rows.map(({ key }) => key));

      await produce();
      await until(async () => (await seen()).length === 1, { what: "the first event" });
      disk.fill();
      const refusal: unknown = await until(
        () =>
          produce().then(
            () => false,
            (error: unknown) => error,
          ),
        {
          what: "an event that is refused",
        },
      );
      disk.free();
      await until(() => isUpAgain(cluster), { what: "the server, up again", timeoutMs: 60_000 });
      await until(
        () =>
          produce().then(
            () => true,
            () => false,
          ),
        { what: "an event that is accepted" },
      );
      await until(async () => (await seen()).length >= sent.length, { what: "all events", timeoutMs: 60_000 });
      await consumer.stop();
      await consuming;
      await ticker.stop();

      expect(String(refusal)).toMatch(/No space left on device|terminat|ECONN|recovery|shut/i);
      expect(await seen()).toEqual(sent);
    }));
}

async function withServerOn(small: SmallDisk, work: (cluster: Cluster, pool: pg.Pool) => Promise<void>): Promise<void> {
  const cluster = await startOn(small);
  const pool = new pg.Pool({ connectionString: cluster.url(), max: 4 });
  pool.on("error", () => undefined);
  try {
    await pool.query(renderSchema("pgq"));
    await pool.query("create table seen (n serial, key text)");
    await pool.query("select pgq.create_queue('disk')");
    await pool.query("select pgq.register_consumer('disk', 'reader')");
    await work(cluster, pool);
  } finally {
    await pool.end();
    await cluster.stop();
  }
}

async function startOn({ folder }: SmallDisk): Promise<Cluster> {
  const usual = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder; // where a cluster puts its files
  try {
    return await startCluster({
      durable: true,
      settings: { fsync: "off", max_wal_size: "'48MB'", min_wal_size: "'32MB'", restart_after_crash: "on" },
    });
  } finally {
    if (usual === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = usual;
  }
}

/** A server that could not write its log has gone down; an administrator starts it again. */
async function isUpAgain(cluster: Cluster): Promise<boolean> {
  const client = new pg.Client(cluster.url());
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("create table if not exists writable (); insert into writable default values");
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ECONNREFUSED") {
      await cluster.halt("immediate");
      await cluster.start();
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
