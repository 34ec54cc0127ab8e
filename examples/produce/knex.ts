// Knex: the `trx` of `transaction`.
import knexFactory from "knex";
import { send } from "skytools/pgq";

const knex = knexFactory({ client: "pg", connection: process.env["SKYTOOLS_DB"] ?? "" });

await knex.transaction(async (trx) => {
  await trx("orders").insert({ total: "99.90" });
  await send(trx, "orders", { type: "order:paid", payload: { by: "Knex" } });
});
await knex.destroy();
