// Root, branch and leaf in all orders of old and our programs: tables, changes, scripts and comparing go through them.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { cleanUpPrograms } from "./program.ts";
import { createReplicaSet, replicate, rowsOf, type Side, untilEqual } from "./replica-set.ts";
import { runScript } from "./replica-script.ts";

const schema = `
  create table goods (id serial primary key, name text not null, price numeric, "in stock" boolean default true);
  create table orders (id bigint primary key, good integer references goods, note text, at timestamptz);
  insert into goods (name, price) select 'good ' || n, n / 3.0 from generate_series(1, 500) n;
  insert into orders select n, 1 + n % 500, repeat('ü''\\', n % 7), 'epoch' from generate_series(1, 2000) n;
`;
const onlyTables = schema.replace(/insert into[^;]*;/g, "");

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

const orders: readonly (readonly [Side, Side, Side])[] = [["debian", "debian", "debian"]];

test.each(orders)("a set of a root (%s), a branch (%s) and a leaf (%s) replicates", async (...[root, branch, leaf]) => {
  const set = await createReplicaSet(
    server,
    [
      { name: "r", role: "root", side: root },
      { name: "b", role: "branch", side: branch, provider: "r" },
      { name: "l", role: "leaf", side: leaf, provider: "b" },
    ],
    { schema: (node) => (node === "r" ? schema : onlyTables) },
  );
  const [r, b, l] = [set.node("r"), set.node("b"), set.node("l")];

  await r.run("add-seq", "goods_id_seq");
  await replicate(set, ["goods", "orders"]);
  for (const node of [b, l]) await node.run("add-seq", "goods_id_seq");
  expect(await rowsOf(l, "orders")).toHaveLength(2000);

  await r.db.query(`update goods set price = price + 1, name = name || E'\\ttab' where id % 3 = 0`);
  await r.db.query(`insert into orders values (9001, 1, null, now()); delete from orders where id <= 100`);
  await r.db.query(`insert into goods (name) values ('new')`);
  await untilEqual([r, b, l], "goods");
  await untilEqual([r, b, l], "orders");

  await runScript(r, "add-column.sql", "alter table goods add column colour text default 'red';");
  await r.db.query("update goods set colour = 'blue' where id < 50");
  await untilEqual([r, b, l], "goods");

  await r.db.query("truncate orders");
  await untilEqual([r, b, l], "orders");
  expect(await rowsOf(l, "orders")).toEqual([]);

  await expect(l.db.query("insert into orders values (1)")).rejects.toThrow(/not allowed/);
  await expect(b.db.query("insert into orders values (1)")).rejects.toThrow(/disallowed/);
  expect((await b.attempt("compare", "goods")).status).toBe(0);
  await set.stop();
});
