// The same with types: an event that does not fit its schema does not compile, and is not sent either.
import pg from "pg";
import { createConsumer, createQueue, defineQueue, send } from "skytools/pgq";
import { z } from "zod";

const orders = defineQueue("orders", {
  events: { "order:paid": z.object({ id: z.string() }) },
});

const pool = new pg.Pool({ connectionString: process.env["SKYTOOLS_DB"] });
await pool.query("create table if not exists orders (id bigint generated always as identity, total numeric)");
await createQueue(pool, orders);
const mailer = createConsumer({ database: pool, queue: orders, consumer: "mailer" });
await mailer.register();

const client = await pool.connect();
try {
  await client.query("begin");
  const { rows } = await client.query<{ id: string }>("insert into orders (total) values (99.90) returning id");
  await send(client, orders, { type: "order:paid", payload: { id: rows[0]!.id } });
  await client.query("commit");
} catch (error) {
  await client.query("rollback");
  throw error;
} finally {
  client.release();
}

await mailer.run((event) => {
  console.log("got", event.type, event.payload.id);
  void mailer.stop();
});

await pool.end();
