// Debian's C extension, with its pgqd and a plain client of node-postgres.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { pgqdProgram } from "../../../test/harness/debian-packages.ts";
import { eventData } from "../../pgq/queue.ts";
import type { OpenPeer, Running } from "../peer.ts";
import { openClient, type QueueServer } from "../server.ts";
import { CONSUMER, fillQueue, QUEUE, resetQueue } from "./pgq-sql.ts";

const DATABASE = "c_pgq";
/** `loop_delay` of the old consumers. */
const POLL_MS = 1000;

export const openC: OpenPeer = async (server) => {
  const url = await server.createDatabase(DATABASE);
  const client = await openClient(url);
  await client.query("create extension pgq");
  const producer = await openClient(url);

  return {
    name: "C",
    database: DATABASE,
    client,
    schemas: ["pgq"],
    payloadTables: "event_%",
    reset: () => resetQueue(client),
    async send(data) {
      await producer.query({
        name: "send",
        text: "select pgq.insert_event($1, $2, $3)",
        values: [QUEUE, "order.paid", data],
      });
    },
    async sendMany(datas) {
      // the quickest of plain ways: one statement, one call of insert_event an event
      await producer.query({
        name: "send many",
        text: "select pgq.insert_event($1, $2, d) from unnest($3::text[]) d",
        values: [QUEUE, "order.paid", datas],
      });
    },
    copy: (datas) => copyEvents(producer, datas),
    fill: (events, perTick) => fillQueue(client, eventData, events, perTick),
    async drain(events, limitMs, handle) {
      const until = performance.now() + limitMs;
      let seen = 0;
      while (seen < events && performance.now() < until) seen += (await readBatch(client, handle)) ?? 0;
      return seen;
    },
    async consume(handle) {
      const reader = await openClient(url);
      const pgqd = startDebianPgqd(server);
      const stopping = new AbortController();
      const loop = readUntil(stopping.signal, reader, handle);
      return {
        async stop() {
          stopping.abort();
          await loop;
          await Promise.all([pgqd.stop(), reader.end()]);
        },
      };
    },
    close: async () => {
      await Promise.all([client.end(), producer.end()]);
    },
  };
};

/** @returns number of events; null when there was no batch */
async function readBatch(client: pg.Client, handle: (data: string) => void): Promise<number | null> {
  const next = await client.query<{ id: string | null }>({
    name: "next",
    text: "select pgq.next_batch($1, $2) as id",
    values: [QUEUE, CONSUMER],
  });
  const id = next.rows[0]!.id;
  if (id === null) return null;
  const { rows } = await client.query<{ ev_data: string }>({
    name: "events",
    text: "select * from pgq.get_batch_events($1)",
    values: [id],
  });
  for (const row of rows) handle(row.ev_data);
  await client.query({ name: "finish", text: "select pgq.finish_batch($1)", values: [id] });
  return rows.length;
}

async function readUntil(signal: AbortSignal, client: pg.Client, handle: (data: string) => void): Promise<void> {
  while (!signal.aborted) {
    if ((await readBatch(client, handle)) === null) await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function copyEvents(client: pg.Client, datas: readonly string[]): Promise<void> {
  await client.query("begin");
  const { rows } = await client.query<{ name: string }>("select pgq.current_event_table($1) as name", [QUEUE]);
  const time = new Date().toISOString();
  const stream = client.query(copyFrom(`copy ${rows[0]!.name} (ev_time, ev_type, ev_data) from stdin`));
  await pipeline(
    datas.map((data) => `${time}\torder.paid\t${data}\n`),
    stream,
  );
  await client.query("commit");
}

/** With its default settings. */
function startDebianPgqd(server: QueueServer): Running {
  const folder = mkdtempSync(join(tmpdir(), "skytools-bench-"));
  const ini = join(folder, "pgqd.ini");
  const { host, port } = server.cluster;
  writeFileSync(
    ini,
    `[pgqd]\nbase_connstr = host=${host} port=${port} user=postgres\ndatabase_list = ${DATABASE}\nsyslog = 0\n`,
  );
  const child = spawn(pgqdProgram, [ini], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    async stop() {
      child.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
