// pg-boss 10. Its worker waits for its polling interval between batches, so the drain uses fetch and complete, its
// quickest way, a thousand jobs at a time.
import PgBoss from "pg-boss";
import { eventData } from "../../pgq/queue.ts";
import type { OpenPeer } from "../peer.ts";
import { openClient } from "../server.ts";

const DATABASE = "pg_boss";
const QUEUE = "bench";
const BATCH = 1000;

interface Payload {
  readonly data: string;
}

export const openPgBoss: OpenPeer = async (server) => {
  const url = await server.createDatabase(DATABASE);
  const client = await openClient(url);
  const boss = new PgBoss({ connectionString: url, max: 4 });
  boss.on("error", () => undefined); // the call that runs tells
  await boss.start();
  await boss.createQueue(QUEUE);

  return {
    name: "pg-boss",
    database: DATABASE,
    client,
    schemas: ["pgboss"],
    payloadTables: null,
    async reset() {
      await client.query("truncate pgboss.job");
    },
    send: async (data) => {
      await boss.send(QUEUE, { data });
    },
    sendMany: (datas) => boss.insert(datas.map((data) => ({ name: QUEUE, data: { data } }))),
    async fill(events) {
      await client.query(
        "insert into pgboss.job (name, data) select $1, json_build_object('data', $2::text) from generate_series(1, $3::int)",
        [QUEUE, eventData, events],
      );
      await client.query("vacuum analyze");
    },
    async drain(events, limitMs, handle) {
      const until = performance.now() + limitMs;
      let seen = 0;
      while (seen < events && performance.now() < until) {
        const jobs = await boss.fetch<Payload>(QUEUE, { batchSize: BATCH });
        for (const job of jobs) handle(job.data.data);
        if (jobs.length > 0)
          await boss.complete(
            QUEUE,
            jobs.map(({ id }) => id),
          );
        seen += jobs.length;
      }
      return seen;
    },
    async consume(handle) {
      // the batch size is not the default of 1, with which it would fall behind
      await boss.work<Payload>(QUEUE, { batchSize: BATCH }, (jobs) => {
        for (const job of jobs) handle(job.data.data);
        return Promise.resolve();
      });
      return { stop: () => boss.offWork(QUEUE) };
    },
    async close() {
      await boss.stop({ graceful: false, wait: true });
      await client.end();
    },
  };
};
