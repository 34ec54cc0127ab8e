// Reads one batch as a consumer of some kind, in a process whose heap is small: prints how much was in it.
// Arguments: database, queue, consumer, kind, file of the position.
import pg from "pg";
import { type ConsumerOptions, createConsumer, file, serial } from "../../../src/pgq/public.ts";

const [url = "", queue = "", consumer = "", kind = "", path = ""] = process.argv.slice(2);

const kinds: Readonly<Record<string, () => Partial<ConsumerOptions<string>>>> = {
  plain: () => ({}),
  serial: () => ({ position: serial({ database: url }), retry: false }),
  file: () => ({ position: file(path), retry: false }),
  cooperative: () => ({ cooperative: { subconsumer: "worker" } }),
};

const pool = new pg.Pool({ connectionString: url, max: 3 });
const reader = createConsumer({
  database: pool,
  queue,
  consumer,
  pollIntervalMs: 50,
  listen: false,
  ...kinds[kind]?.(),
});
let events = 0;
let bytes = 0;
reader.on("batch", (report) => {
  if (report.events === 0) return;
  events = report.events;
  void reader.stop();
});
await reader.run((event) => {
  bytes += event.data?.length ?? 0;
});
await pool.end();
console.log(JSON.stringify({ events, bytes }));
