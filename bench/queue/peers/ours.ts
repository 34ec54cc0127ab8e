// Our schema and our library.
import type pg from "pg";
import { setTimeout as delay } from "node:timers/promises";
import { renderSchema } from "../../../src/pgq/index.ts";
import { copyEvents, defineQueue, send, sendMany, toExecutor } from "../../../src/pgq/public.ts";
import { eventData } from "../../pgq/queue.ts";
import type { OpenPeer, Running } from "../peer.ts";
import { openClient } from "../server.ts";
import { startOurTicker } from "./our-ticker.ts";
import { CONSUMER, fillQueue, QUEUE, resetQueue } from "./pgq-sql.ts";

const DATABASE = "ours";
const TYPE = "order.paid";
const queue = defineQueue(QUEUE, { format: "text" });

export const openOurs: OpenPeer = async (server) => {
  const url = await server.createDatabase(DATABASE);
  const client = await openClient(url);
  await client.query(renderSchema("pgq"));
  const producer = await openClient(url);
  const executor = toExecutor(producer, { prepare: true });

  return {
    name: "ours",
    database: DATABASE,
    client,
    schemas: ["pgq"],
    payloadTables: "event_%",
    reset: () => resetQueue(client),
    async send(data) {
      await send(executor, queue, { type: TYPE, data });
    },
    async sendMany(datas) {
      await sendMany(
        executor,
        queue,
        datas.map((data) => ({ type: TYPE, data })),
      );
    },
    async copy(datas) {
      await copyEvents(
        producer,
        queue,
        datas.map((data) => ({ type: TYPE, data })),
      );
    },
    fill: (events, perTick) => fillQueue(client, eventData, events, perTick),
    async drain(events, limitMs, handle) {
      const until = performance.now() + limitMs;
      let seen = 0;
      while (seen < events && performance.now() < until) seen += (await readBatch(client, handle)) ?? 0;
      return seen;
    },
    async consume(handle, pace) {
      const reader = await openClient(url);
      const ticker = startOurTicker(url, DATABASE, pace);
      const stopping = new AbortController();
      const work = repeat(stopping.signal, 10, () => readBatch(reader, handle));
      return {
        async stop() {
          stopping.abort();
          await work;
          await Promise.all([reader.end(), ticker.stop()]);
        },
      } satisfies Running;
    },
    close: async () => {
      await Promise.all([client.end(), producer.end()]);
    },
  };
};

async function readBatch(client: pg.Client, handle: (data: string) => void): Promise<number | null> {
  const next = await client.query<{ id: string | null }>("select pgq.next_batch($1, $2) as id", [QUEUE, CONSUMER]);
  const id = next.rows[0]!.id;
  if (id === null) return null;
  const { rows } = await client.query<{ ev_data: string }>("select * from pgq.get_batch_events($1)", [id]);
  for (const row of rows) handle(row.ev_data);
  await client.query("select pgq.finish_batch($1)", [id]);
  return rows.length;
}

async function repeat(signal: AbortSignal, ms: number, step: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await step();
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }
}
