// A set of our own programs: root, branch and leaf, with changes of all kinds, scripts, and a worker that is killed.
import { describe, expect, test } from "vitest";
import { endMajors } from "../../harness/major-pairs.ts";
import { type LondisteNode, londisteSet, rowsOf, untilReplicated } from "../../harness/londiste-set.ts";
import { until } from "../../harness/until.ts";

const SCHEMA = `
  create table parent (id serial primary key, name text, note text);
  create table child (id serial primary key, parent_id int references parent, data jsonb)`;

async function same(root: LondisteNode, nodes: readonly LondisteNode[], tables: readonly string[]): Promise<void> {
  await untilReplicated(root, nodes);
  for (const table of tables) {
    const expected = await rowsOf(root, table);
    for (const node of nodes) expect(await rowsOf(node, table)).toEqual(expected);
  }
}

describe.each(endMajors())("the worker of a replica set on PostgreSQL %i", (major) => {
  test("branch and leaf get the rows that were there and all changes after; writes on them are refused", async () => {
    await using set = londisteSet();
    const root = await set.create("root", { type: "root", major, schema: SCHEMA });
    const branch = await set.create("branch", { type: "branch", major, provider: root, schema: SCHEMA });
    const leaf = await set.create("leaf", { type: "leaf", major, provider: branch, schema: SCHEMA });
    const nodes = [branch, leaf];
    const { client } = root;
    await client.query("insert into parent (name) select 'p' || n from generate_series(1, 500) n");
    await root.run("add-table", "parent", "child");
    await branch.run("add-table", "parent", "child", "--wait-sync");
    await leaf.run("add-table", "parent", "child", "--wait-sync");

    await client.query("insert into child (parent_id, data) select id, jsonb_build_object('n', id) from parent");
    await client.query("update parent set note = 'it''s ' || id where id % 3 = 0");
    await client.query("delete from child where id % 5 = 0");
    await client.query("begin; insert into parent (name) values ('x'); delete from parent where name = 'x'; commit");
    await same(root, nodes, ["parent", "child"]);
    await client.query("truncate child");
    await client.query("insert into child (parent_id) values (1)");
    await same(root, nodes, ["parent", "child"]);
    const write = "insert into parent (id, name) values (-1, 'no')";
    await expect(leaf.client.query(write)).rejects.toThrow(/not allowed/);
    await expect(branch.client.query(write)).rejects.toThrow(/disallowed|disabled|not allowed/i);
    expect(leaf.worker.output()).not.toMatch(/ERROR/);
  });

  test("a worker that is killed again and again under load leaves nothing out and does nothing twice", async () => {
    await using set = londisteSet();
    const root = await set.create("root", { type: "root", major, schema: SCHEMA });
    const leaf = await set.create("leaf", { type: "leaf", major, provider: root, schema: SCHEMA });
    await root.client.query("insert into parent (name) select 'p' || n from generate_series(1, 2000) n");
    await root.run("add-table", "parent");
    await leaf.run("add-table", "parent");
    const writer = await root.database.connect();
    let isOver = false;
    const load = (async () => {
      for (let round = 0; !isOver; round += 1) {
        await writer.query("insert into parent (name) values ($1)", [`r${round}`]);
        await writer.query("update parent set note = $1 where id % 7 = $2", [`n${round}`, round % 7]);
        await writer.query("delete from parent where id = $1", [round]);
      }
    })();

    for (const pause of [0, 1, 2, 3]) {
      const before = (await leaf.client.query("select last_tick_id from pgq_node.local_state")).rows;
      if (pause > 1) {
        await until(
          async () =>
            JSON.stringify((await leaf.client.query("select last_tick_id from pgq_node.local_state")).rows) !==
            JSON.stringify(before),
          { timeoutMs: 60_000, what: "progress of the leaf" },
        );
      }
      leaf.worker.kill("SIGKILL");
      await leaf.worker.ended;
      leaf.startWorker();
    }
    isOver = true;
    await load;
    await leaf.run("wait-sync");

    await same(root, [leaf], ["parent"]);
  });
});
