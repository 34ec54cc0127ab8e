// Consumes a batch for each tick and prints the most memory that the process has held, in bytes: memory-process.js URL EVENTS.
import { createConsumer, defineQueue } from "../../../src/pgq/public.ts";
import { CONSUMER, QUEUE } from "../peers/pgq-sql.ts";

const [url = "", events = ""] = process.argv.slice(2);
let left = Number(events);
const consumer = createConsumer({
  database: url,
  queue: defineQueue(QUEUE, { format: "text" }),
  consumer: CONSUMER,
  mergeEvents: 1,
});
await consumer.run(() => {
  left -= 1;
  if (left === 0) void consumer.stop();
});
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
