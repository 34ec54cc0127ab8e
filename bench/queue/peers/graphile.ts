// graphile-worker 0.17, with the local queue and the batching that its page on performance names for many small jobs.
import { Logger, makeWorkerUtils, run, type Runner } from "graphile-worker";
import pg from "pg";
import { eventData } from "../../pgq/queue.ts";
import type { OpenPeer } from "../peer.ts";
import { openClient } from "../server.ts";

const DATABASE = "graphile";
const TASK = "handle";
const CONCURRENT_JOBS = 24;
const LOCAL_QUEUE = 500;

interface Payload {
  readonly data: string;
}

export const openGraphile: OpenPeer = async (server) => {
  const url = await server.createDatabase(DATABASE);
  const client = await openClient(url);
  const logger = new Logger(() => () => undefined);
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  pool.on("error", () => undefined);
  pool.on("connect", (session) => session.on("error", () => undefined));
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();

  const start = (handle: (data: string) => void): Promise<Runner> =>
    run({
      connectionString: url,
      logger,
      noHandleSignals: true,
      taskList: { [TASK]: (payload) => handle((payload as Payload).data) },
      preset: {
        worker: {
          concurrentJobs: CONCURRENT_JOBS,
          maxPoolSize: 10,
          localQueue: { size: LOCAL_QUEUE },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    });

  return {
    name: "graphile",
    database: DATABASE,
    client,
    schemas: ["graphile_worker"],
    payloadTables: null,
    reset: async () => {
      await client.query("truncate graphile_worker._private_jobs");
    },
    send: async (data) => {
      await utils.addJob(TASK, { data });
    },
    sendMany: async (datas) => {
      await utils.addJobs(datas.map((data) => ({ identifier: TASK, payload: { data } })));
    },
    async fill(events) {
      await utils.addJob(TASK, { data: eventData }); // makes the task known
      await client.query(
        `insert into graphile_worker._private_jobs (task_id, payload)
         select id, json_build_object('data', $2::text) from graphile_worker._private_tasks, generate_series(2, $3::int)
         where identifier = $1`,
        [TASK, eventData, events],
      );
      await client.query("vacuum analyze");
    },
    async drain(events, limitMs, handle) {
      let seen = 0;
      let finish: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (finish = resolve));
      const timer = setTimeout(finish, limitMs);
      const runner = await start((data) => {
        handle(data);
        seen += 1;
        if (seen === events) finish();
      });
      await done;
      clearTimeout(timer);
      const handled = seen;
      await runner.stop();
      return handled;
    },
    async consume(handle) {
      const runner = await start(handle);
      return { stop: () => runner.stop() };
    },
    async close() {
      await utils.release();
      await Promise.all([pool.end(), client.end()]);
    },
  };
};
