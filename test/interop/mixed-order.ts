// What a set of root, branch and leaf does whichever programs its nodes have: the flow of the tests of mixed orders.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { createShop } from "./mixed-shop.ts";
import { cleanUpPrograms } from "./program.ts";
import { type NodeCommands, rowsOf, untilEqual } from "./replica-set.ts";
import { runScript } from "./replica-script.ts";

/** order: the sides of root, branch and leaf, like "odd". */
async function expectReplication(server: DebianServer, order: string): Promise<void> {
  const set = await createShop(server, "rbl", order);
  const [r, b, l] = [set.node("r"), set.node("b"), set.node("l")];
  const all = [r, b, l];
  expect(await rowsOf(l, "orders")).toHaveLength(2000);
  for (const node of all) await addSequence(node);

  await r.db.query(`update goods set price = price + 1, name = name || E'\\t\\\\tab' where id % 3 = 0`);
  await r.db.query("insert into orders values (9001, 1, null, now())");
  await r.db.query("delete from orders where id <= 100");
  await r.db.query("insert into goods (name) values ('new')");
  await untilEqual(all, "goods");
  await untilEqual(all, "orders");

  await runScript(r, "add-column.sql", "alter table goods add column colour text default 'red';");
  await r.db.query("update goods set colour = 'blue' where id < 50");
  await untilEqual(all, "goods");

  await r.db.query("truncate orders");
  await untilEqual(all, "orders");
  expect(await rowsOf(l, "orders")).toEqual([]);

  await expect(l.db.query("insert into orders values (1)")).rejects.toThrow(/not allowed/);
  await expect(b.db.query("insert into orders values (1)")).rejects.toThrow(/disallowed/);

  for (const node of all) await expectLists(node);
  // The old compare cannot have a branch as its source.
  for (const node of order.endsWith("o") ? [b, l] : [b]) {
    expect(await node.attempt("compare", "goods")).toMatchObject({ status: 0 });
  }
  await set.stop();
}

/** The old add-seq fails when its worker writes down the same sequence meanwhile, and can be given again. */
async function addSequence(node: NodeCommands): Promise<void> {
  const first = await node.attempt("add-seq", "goods_id_seq");
  if (first.status === 0) return;
  expect(first.output).toContain("seq_info_pkey");
  await node.run("add-seq", "goods_id_seq");
}

async function expectLists(node: Parameters<typeof rowsOf>[0] & { run(...words: string[]): Promise<string> }) {
  const status = await node.run("status");
  for (const title of ["r (root)", "+--: b (branch)", "+--: l (leaf)"]) expect(status).toContain(title);
  expect(status.match(/Tables: 2\/0\/0/g)).toHaveLength(3);
  expect(status).not.toMatch(/ERR|failure|PAUSED|NOT UPTODATE/);
  const tables = await node.run("tables");
  expect(tables).toMatch(/public\.goods +ok/);
  expect(tables).toMatch(/public\.orders +ok/);
  expect(await node.run("seqs")).toMatch(/public\.goods_id_seq +True +\d+/);
  expect(await node.run("missing")).not.toMatch(/goods$|orders/m);
}

/** One file runs a few of them: each takes a while. */
export function testOrders(...orders: readonly string[]): void {
  let server: DebianServer;

  beforeAll(async () => {
    server = await startDebianServer();
  });
  afterEach(cleanUpPrograms);
  afterAll(() => server.stop());

  test.each(orders)("tables, sequences, scripts and compare go through a set of root, branch and leaf %s", (order) =>
    expectReplication(server, order),
  );
}
