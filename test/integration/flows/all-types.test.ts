// Replication of a schema with every kind of column and table: what is copied while it changes, and what changes later, is
// the same on all nodes.
import { describe, expect, test } from "vitest";
import { seededChance } from "../../harness/chance.ts";
import { crossPairs } from "../../harness/major-pairs.ts";
import { createOurSet, rowsOf, untilEqual } from "../../harness/our-set.ts";
import { disturbZoo, fillZoo, zooRelations, zooSchema, zooTables } from "../../harness/type-zoo.ts";

// There and back: the leaf is of the root's major again.
describe.each(crossPairs().slice(0, 1))("PostgreSQL $from to $to", ({ from, to }) => {
  test("a schema of all kinds of types and tables is copied under traffic and followed", async () => {
    await using set = await createOurSet({
      schema: zooSchema,
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "branch", role: "branch", major: to, provider: "root" },
        { name: "leaf", role: "leaf", major: from, provider: "branch" },
      ],
    });
    const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    const writer = await root.database.connect();
    await fillZoo(writer, 200);
    await root.run("add-table", ...zooTables);

    const chance = seededChance(from * 100 + to);
    let step = 0;
    let isDone = false;
    const traffic = (async () => {
      while (!isDone) {
        await disturbZoo(writer, chance, (step += 1));
        await writer.query("select pg_sleep(0.2)"); // traffic, not a flood
      }
    })();
    for (const node of [branch, leaf]) {
      await node.run("add-table", ...zooTables);
      await node.run("wait-sync", "--timeout=200");
    }
    isDone = true;
    await traffic;
    for (let n = 0; n < 10; n += 1) await disturbZoo(writer, chance, (step += 1));

    for (const relation of zooRelations) await untilEqual([root, branch, leaf], relation);
    expect((await rowsOf(leaf, "zoo.everything")).length).toBeGreaterThan(100);
    for (const node of [branch, leaf]) expect((await node.attempt("compare")).status).toBe(0);
    for (const node of set.nodes) expect(node.workerLog()).not.toMatch(/ERROR/);
  }, 400_000);
});

test("XML that was written with an encoding is the same on both sides, though no server gives the encoding out", async () => {
  await using set = await createOurSet({
    nodes: [
      { name: "root", role: "root" },
      { name: "leaf", role: "leaf", provider: "root" },
    ],
    schema: "create table x (id int primary key, d xml)",
  });
  const [root, leaf] = [set.node("root"), set.node("leaf")];
  const insert = (id: number, document: string | null): Promise<unknown> =>
    root.db.query("insert into x values ($1, $2)", [id, document]);
  const [latin, alone] = [
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>',
    '<?xml version="1.0" standalone="yes"?><a/>',
  ];
  for (const [id, document] of [latin, alone, "text", null].entries()) await insert(id, document);
  await root.run("add-table", "x");
  await leaf.run("add-table", "x", "--wait-sync", "--timeout=60");
  await insert(5, latin);
  await untilEqual([root, leaf], "x");

  const same = await leaf.attempt("compare", "x");
  await leaf.db.query(
    "set session_replication_role = replica; update x set d = '<a/>' where id = 1; delete from x where id = 5",
  );
  await leaf.run("repair", "--apply", "x");
  const repaired = await leaf.attempt("compare", "x");

  expect([same.status, repaired.status]).toEqual([0, 0]);
  await untilEqual([root, leaf], "x");
});
