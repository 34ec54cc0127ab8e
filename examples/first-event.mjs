// An event that commits with a row, and a consumer that gets it.
import pg from "pg";
import { createConsumer, createQueue, send } from "skytools/pgq";

const pool = new pg.Pool({ connectionString: process.env.SKYTOOLS_DB });
await pool.query("create table if not exists orders (id bigint generated always as identity, total numeric)");

// Once: a queue, and a consumer that will see what is sent from now on.
await createQueue(pool, "orders");
const mailer = createConsumer({ database: pool, queue: "orders", consumer: "mailer" });
await mailer.register();

// The producer: the event is in the queue if and only if the order is in its table.
const client = await pool.connect();
try {
  await client.query("begin");
  const { rows } = await client.query("insert into orders (total) values (99.90) returning id");
  await send(client, "orders", { type: "order:paid", payload: { id: rows[0].id } });
  await client.query("commit");
} catch (error) {
  await client.query("rollback");
  throw error;
} finally {
  client.release();
}

// The consumer: an event is done when the function returns, and comes again if it throws.
await mailer.run((event) => {
  console.log("got", event.type, event.payload);
  void mailer.stop(); // this example wants one event; a service goes on
});

await pool.end();
