// The clock of the server jumps an hour back and forth, as it does when somebody sets it or a time server is wrong: the
// ticker, the rotation and consumers of all kinds of patience go on at once.
import pg from "pg";
import { expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { createConsumer, defineQueue, send } from "../../src/pgq/public.ts";
import { startCluster } from "../../src/testing/index.ts";
import { startFleet } from "../harness/fleet.ts";
import { makeServerClock, type ServerClock } from "../harness/server-clock.ts";
import { until } from "../harness/until.ts";

const HOUR_MS = 3_600_000;
const queue = defineQueue("clock", { format: "text" });

const clock = makeServerClock();

if (clock === null) {
  test("a clock that jumps is not tried, because there is no C compiler to make one", () => {
    expect(clock).toBeNull();
  });
} else {
  test("ticks, rotation and consumers go on when the clock of the server jumps", () =>
    withServer(clock, async (url, pool) => {
      await using fleet = startFleet(url, { databases: ["postgres"], maintPeriodMs: 100 });
      const plain: string[] = [];
      const patient: string[] = [];
      const consumers = [
        createConsumer({ database: pool, queue, consumer: "plain" }),
        createConsumer({ database: pool, queue, consumer: "patient", keepLagMs: 200, minIntervalMs: 200 }),
      ];
      const running = consumers.map((consumer, index) =>
        consumer.run((event) => void [plain, patient][index]?.push(event.data ?? "")),
      );
      const arrives = async (data: string): Promise<void> => {
        const before = await tableNumber(pool);
        await send(pool, queue, { type: "t", data });
        await until(() => plain.includes(data) && patient.includes(data), { what: data, timeoutMs: 30_000 });
        await until(async () => (await tableNumber(pool)) !== before, { what: "a rotation", timeoutMs: 30_000 });
      };

      await arrives("before");
      clock.set(-HOUR_MS);
      const aheadMs = await serverAheadMs(pool);
      await arrives("an hour back");
      clock.set(HOUR_MS);
      await arrives("two hours forth");
      clock.set(0);
      await arrives("back again");
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await Promise.all(running);

      expect(aheadMs).toBeLessThan(-HOUR_MS / 2);
      const sent = ["before", "an hour back", "two hours forth", "back again"];
      expect([plain, patient]).toEqual([sent, sent]);
      expect(fleet.log()).not.toMatch(/ (ERROR|WARNING) /);
    }));
}

async function tableNumber(pool: pg.Pool): Promise<number | undefined> {
  const { rows } = await pool.query<{ n: number }>("select queue_cur_table as n from pgq.queue");
  return rows[0]?.n;
}

async function serverAheadMs(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ ms: number }>("select extract(epoch from now())::float8 * 1000 as ms");
  return (rows[0]?.ms ?? NaN) - Date.now();
}

async function withServer(jumping: ServerClock, work: (url: string, pool: pg.Pool) => Promise<void>): Promise<void> {
  const cluster = await startCluster({ env: jumping.env });
  const pool = new pg.Pool({ connectionString: cluster.url(), max: 6 });
  pool.on("error", () => undefined);
  try {
    await pool.query(renderSchema("pgq"));
    await pool.query("select pgq.create_queue('clock'), pgq.set_queue_config('clock', 'rotation_period', '200 ms')");
    for (const consumer of ["plain", "patient"])
      await pool.query("select pgq.register_consumer('clock', $1)", [consumer]);
    await work(cluster.url(), pool);
  } finally {
    await pool.end();
    await cluster.stop();
    jumping.remove();
  }
}
