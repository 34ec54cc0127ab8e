// Kysely: the `trx` of `transaction().execute`.
import { type Generated, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { send } from "skytools/pgq";

interface Tables {
  orders: { id: Generated<string>; total: string };
}

const pool = new pg.Pool({ connectionString: process.env["SKYTOOLS_DB"] });
const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

await db.transaction().execute(async (trx) => {
  await trx.insertInto("orders").values({ total: "99.90" }).execute();
  await send(trx, "orders", { type: "order:paid", payload: { by: "Kysely" } });
});
await db.destroy();
