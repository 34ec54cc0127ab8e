// Producing and consuming with types. What does not fit the schemas of the queue does not compile.
import pg from "pg";
import { createConsumer, createQueue, send, sendMany } from "skytools/pgq";
import { orders } from "./orders.ts";

const pool = new pg.Pool({ connectionString: process.env["SKYTOOLS_DB"] });
await createQueue(pool, orders);
const mailer = createConsumer({ database: pool, queue: orders, consumer: "mailer" });
await mailer.register();

const client = await pool.connect();
try {
  await client.query("begin");
  await send(client, orders, { type: "order:paid", payload: { id: 1, total: "99.90" } });
  await sendMany(client, orders, [
    { type: "order:sent", payload: { id: 1, parcels: ["A17"] } },
    { type: "order:sent", payload: { id: 2 } },
  ]);
  await client.query("commit");
} catch (error) {
  await client.query("rollback");
  throw error;
} finally {
  client.release();
}

let seen = 0;
await mailer.run((event) => {
  switch (event.type) {
    case "order:paid":
      console.log(`order ${event.payload.id} is paid: ${event.payload.total}`);
      break;
    case "order:sent":
      console.log(`order ${event.payload.id} is sent in ${event.payload.parcels.length} parcels`);
      break;
  }
  if ((seen += 1) === 3) void mailer.stop();
});

await pool.end();
