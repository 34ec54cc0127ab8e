// Our schema and our library.
import { renderSchema } from "../../../src/pgq/index.ts";
import { copyEvents, createConsumer, defineQueue, send, sendMany, toExecutor } from "../../../src/pgq/public.ts";
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
      let seen = 0;
      const consumer = createConsumer({ database: url, queue, consumer: CONSUMER });
      const timer = limitMs === Infinity ? undefined : setTimeout(() => void consumer.stop(), limitMs);
      await consumer.run((event) => {
        handle(event.data ?? "");
        seen += 1;
        if (seen === events) void consumer.stop();
      });
      clearTimeout(timer);
      return seen;
    },
    consume(handle, pace) {
      const ticker = startOurTicker(url, DATABASE, pace);
      const consumer = createConsumer({ database: url, queue, consumer: CONSUMER });
      const running = consumer.run((event) => handle(event.data ?? ""));
      return Promise.resolve<Running>({
        async stop() {
          await consumer.stop();
          await Promise.all([running, ticker.stop()]);
        },
      });
    },
    close: async () => {
      await Promise.all([client.end(), producer.end()]);
    },
  };
};
