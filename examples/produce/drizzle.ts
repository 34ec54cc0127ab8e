// Drizzle: the `tx` of `transaction`.
import { drizzle } from "drizzle-orm/node-postgres";
import { numeric, pgTable } from "drizzle-orm/pg-core";
import pg from "pg";
import { send } from "skytools/pgq";

const orders = pgTable("orders", { total: numeric() });

const pool = new pg.Pool({ connectionString: process.env["SKYTOOLS_DB"] });
const db = drizzle(pool);

await db.transaction(async (tx) => {
  await tx.insert(orders).values({ total: "99.90" });
  await send(tx, "orders", { type: "order:paid", payload: { by: "Drizzle" } });
});
await pool.end();
