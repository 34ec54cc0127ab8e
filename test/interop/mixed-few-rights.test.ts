// A branch without a superuser: the old programs work on it too, as a role that may not set session_replication_role.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { cleanUpPrograms } from "./program.ts";
import { createReplicaSet, replicate, rowsOf, untilEqual } from "./replica-set.ts";
import { runScript } from "./replica-script.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

const schema = "create table orders (id bigint primary key, note text)";

test("the old programs replicate into and through a node of ours whose owner is no superuser", async () => {
  const admin = await (await server.createDatabase("our schema")).connect();
  await admin.query("create role plain login");
  for (const group of ["pgq_reader", "pgq_writer", "pgq_admin"]) await admin.query(`grant ${group} to plain`);
  for (const group of ["londiste_reader", "londiste_writer"]) {
    await admin.query(`do $$ begin create role ${group}; exception when duplicate_object then null; end $$`);
    await admin.query(`grant ${group} to plain`);
  }
  const set = await createReplicaSet(
    server,
    [
      { name: "r", role: "root", side: "ours" },
      { name: "b", role: "branch", side: "debian", owner: "plain", provider: "r" },
      { name: "l", role: "leaf", side: "ours", provider: "b" },
    ],
    { schema: () => schema },
  );
  const [r, b, l] = [set.node("r"), set.node("b"), set.node("l")];
  await r.db.query("insert into orders select n, 'first' from generate_series(1, 100) n");
  await replicate(set, ["orders"]);

  await r.db.query("update orders set note = 'second' where id % 2 = 0");
  await r.db.query("delete from orders where id > 90");
  await untilEqual(set.nodes, "orders");
  await runScript(r, "add-column.sql", "alter table orders add column amount numeric default 1;");
  await r.db.query("insert into orders values (500, 'third', 3)");
  await untilEqual(set.nodes, "orders");
  await r.db.query("truncate orders");
  await untilEqual(set.nodes, "orders");

  expect(await rowsOf(l, "orders")).toEqual([]);
  await expect(b.db.query("insert into orders values (1)")).rejects.toThrow(/disallowed/);
  expect(await r.run("status")).not.toMatch(/ERR|failure/);
  await set.stop();
});
