// Root, branch and leaf in all orders of old and our programs: tables, changes, scripts and comparing go through them.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type DebianServer, installOurs, startDebianServer } from "./debian.ts";
import { repeat } from "../harness/traffic.ts";
import { until } from "../harness/until.ts";
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

const oldSet = [
  { name: "r", role: "root", side: "debian" },
  { name: "b", role: "branch", side: "debian", provider: "r" },
  { name: "l", role: "leaf", side: "debian", provider: "b" },
] as const;

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

test("a set of the old Londiste is taken over node by node while it is written to", async () => {
  const set = await createReplicaSet(server, oldSet, { schema: (node) => (node === "r" ? schema : onlyTables) });
  const nodes = [set.node("r"), set.node("b"), set.node("l")] as const;
  const [r, b, l] = nodes;
  await replicate(set, ["goods", "orders"]);
  const traffic = repeat(async () => {
    await r.db.query("insert into orders (id, note) select coalesce(max(id), 0) + 1, 'while taken over' from orders");
    await r.db.query("update goods set price = price + 1 where id % 50 = 7");
  });

  for (const node of [l, b, r]) {
    await node.stopWorker();
    for (const name of ["pgq", "pgq_node", "londiste"]) await installOurs(server.cluster, node.database, name);
    node.useProgramsOf("ours");
    node.startWorker();
    const { rows } = await r.db.query<{ at: string }>("select max(id) as at from orders");
    await until(async () => (await l.db.query("select from orders where id > $1", [rows[0]!.at])).rowCount! > 0, {
      timeoutMs: 60_000,
      what: `rows on the leaf after ${node.name} was taken over`,
    });
  }
  await traffic.stop();

  await untilEqual(nodes, "orders");
  await untilEqual(nodes, "goods");
  expect((await l.attempt("compare")).status).toBe(0);
  await set.stop();
});

test.each([
  ["ours", "debian"],
  ["debian", "ours"],
] as const)(
  "a root of %s and a branch of %s change places under traffic, and back",
  async (...[rootSide, branchSide]) => {
    const set = await createReplicaSet(
      server,
      [
        { name: "r", role: "root", side: rootSide },
        { name: "b", role: "branch", side: branchSide, provider: "r" },
      ],
      { schema: (node) => (node === "r" ? schema : onlyTables) },
    );
    const [r, b] = [set.node("r"), set.node("b")];
    await replicate(set, ["goods", "orders"]);
    let accepted = 0;
    const traffic = repeat(async () => {
      for (const node of [r, b]) {
        // One of the two refuses.
        await node.db
          .query("insert into orders (id, note) values (100000 + $1, 'taken over')", [accepted])
          .then(() => (accepted += 1))
          .catch(() => undefined);
      }
    });

    await until(() => accepted > 20);
    await b.run("takeover", "r");
    const before = accepted;
    await until(() => accepted > before + 20);
    await r.run("takeover", "b");
    const middle = accepted;
    await until(() => accepted > middle + 20);
    await traffic.stop();

    await untilEqual([r, b], "orders");
    const { rows } = await b.db.query<{ n: number }>("select count(*)::int as n from orders where id >= 100000");
    expect(rows[0]!.n).toBe(accepted);
    await set.stop();
  },
);
