// postgres.js: the `tx` of `sql.begin`.
import postgres from "postgres";
import { send } from "skytools/pgq";

const sql = postgres(process.env["SKYTOOLS_DB"] ?? "");

await sql.begin(async (tx) => {
  await tx`insert into orders (total) values (99.90)`;
  await send(tx, "orders", { type: "order:paid", payload: { by: "postgres.js" } });
});
await sql.end();
