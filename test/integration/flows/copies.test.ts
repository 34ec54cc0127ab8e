// Copies whose source is not the provider, whose node gets another provider, and beside which a script changes the table.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crossPairs } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const SCHEMA = "create table t (id int primary key, v text)";
const FILL = "insert into t select n, repeat('x', 200) || n from generate_series(1, 20000) n";
const MINUTE = { timeoutMs: 60_000 };

/** Changes on the root, a few in each second. */
function writer({ database }: SetNode): { stop(): Promise<void>; readonly rounds: number } {
  let isOver = false;
  let rounds = 0;
  const write = async (): Promise<void> => {
    const client = await database.connect();
    for (; !isOver; rounds += 1) {
      await client.query("insert into t values ($1, 'during')", [100_000 + rounds]);
      await client.query("update t set v = v || '.' where id = $1", [1 + ((rounds * 37) % 20000)]);
      await client.query("delete from t where id = $1", [100_000 + rounds - 3]);
      await client.query("select pg_sleep(0.05)");
    }
  };
  const writing = write();
  writing.catch(() => undefined);
  return {
    get rounds() {
      return rounds;
    },
    async stop() {
      isOver = true;
      await writing;
    },
  };
}

describe.each(crossPairs())("copies from PostgreSQL $from to $to", ({ from, to }) => {
  async function tree(): Promise<OurSet> {
    const set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "branch", role: "branch", provider: "root", major: to },
        { name: "leaf", role: "leaf", provider: "branch", major: to },
      ],
      schema: SCHEMA,
    });
    const [root, branch] = [set.node("root"), set.node("branch")];
    for (const { db } of [root, branch])
      await db.query("select pgq.set_queue_config('replika', 'ticker_max_lag', '1s')");
    await root.db.query(FILL);
    await root.run("add-table", "t");
    return set;
  }

  test("a table is copied from a node that is not the provider, under load and when idle, and no row is lost or doubled", async () => {
    await using set = await tree();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    const load = writer(root);

    await leaf.run("add-table", "t", "--copy-node=root", "--wait-sync", "--timeout=90");
    const seen = load.rounds;
    await until(() => load.rounds > seen + 5, MINUTE);
    await load.stop();
    await untilEqual([root, leaf], "t");
    await leaf.run("resync", "t", "--find-copy-node");
    await leaf.run("wait-sync", "--timeout=90");
    await untilEqual([root, leaf], "t");

    expect(await value(leaf.db, "select count(*)::int from pgq_node.local_state")).toBe(1);
    expect(
      await value(root.db, "select count(*)::int from pgq.get_consumer_info() where consumer_name like '%.copy.%'"),
    ).toBe(0);
    expect(leaf.workerLog()).not.toMatch(/ERROR/);
  });

  test("a node gets another provider while a table is copied, and no row is lost or doubled", async () => {
    await using set = await tree();
    const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    await branch.run("add-table", "t", "--wait-sync", "--timeout=90");
    const load = writer(root);

    await leaf.run("add-table", "t");
    await leaf.run("change-provider", "--provider=root", "--timeout=60");
    await leaf.run("wait-sync", "--timeout=90");
    await leaf.run("resync", "t");
    await leaf.run("change-provider", "--provider=branch", "--timeout=60");
    await leaf.run("wait-sync", "--timeout=90");
    await load.stop();
    await untilEqual([root, branch, leaf], "t");

    expect(await value(leaf.db, "select provider_node from pgq_node.local_state")).toBe("branch");
    for (const { db } of [root, branch]) {
      expect(
        await value(db, "select count(*)::int from pgq.get_consumer_info() where consumer_name like '%.copy.%'"),
      ).toBe(0);
    }
  });

  test("a script that alters a table while it is copied reaches it at its place", async () => {
    await using set = await tree();
    const [root, branch] = [set.node("root"), set.node("branch")];
    const load = writer(root);
    const file = set.folder.file("alter.sql");
    writeFileSync(
      file,
      "--*-- Local-Table: t\nalter table @t@ add column extra int default 7;\nalter table @t@ alter v type varchar;",
    );

    await branch.run("add-table", "t");
    await root.run("execute", file);
    await root.db.query("insert into t values (-1, 'after', 8)");
    await branch.run("wait-sync", "--timeout=90");
    await load.stop();
    await untilEqual([root, branch], "t");

    expect(await value(branch.db, "select extra from t where id = -1")).toBe(8);
    expect(await value(root.db, "select state || ' ' || form from pgq.get_capture_info('replika')")).toBe(
      "ok statement",
    );
  });
});
