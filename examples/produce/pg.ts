// pg: a Client, or a PoolClient of a Pool.
import pg from "pg";
import { send } from "skytools/pgq";

const pool = new pg.Pool({ connectionString: process.env["SKYTOOLS_DB"] });

const client = await pool.connect();
try {
  await client.query("begin");
  await client.query("insert into orders (total) values (99.90)");
  await send(client, "orders", { type: "order:paid", payload: { by: "pg" } });
  await client.query("commit");
} catch (error) {
  await client.query("rollback");
  throw error;
} finally {
  client.release();
}
await pool.end();
