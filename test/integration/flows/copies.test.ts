// Copies whose source is not the provider, and whose node gets another provider meanwhile.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { crossPairs } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { startHere } from "../../harness/run-program.ts";
import { advisoryWaiters, value } from "../../harness/sessions.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { until } from "../../harness/until.ts";

const SCHEMA = "create table t (id int primary key, v text)";
const FILL = "insert into t select n, repeat('x', 200) || n from generate_series(1, 5000) n";
const MINUTE = { timeoutMs: 60_000 };
const TEST_MS = 300_000;

/** Changes on the root, a few in each second. */
function writer({ database }: SetNode): { stop(): Promise<void>; readonly rounds: number } {
  let isOver = false;
  let rounds = 0;
  const write = async (): Promise<void> => {
    const client = await database.connect();
    for (; !isOver; rounds += 1) {
      await client.query("insert into t values ($1, 'during')", [100_000 + rounds]);
      await client.query("update t set v = v || '.' where id = $1", [1 + ((rounds * 37) % 5000)]);
      await client.query("delete from t where id = $1", [100_000 + rounds - 3]);
      await client.query("select pg_sleep(0.1)");
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

/** A copy gives up its position a moment after the table is in sync. */
async function untilNoCopies(source: SetNode, target: SetNode): Promise<void> {
  const there = "select count(*) = 0 from pgq.get_consumer_info() where consumer_name like '%.copy.%'";
  const here = "select count(*) = 0 from pgq_node.local_state where consumer_name like '%.copy.%'";
  const isOver = async (): Promise<boolean> =>
    (await value<boolean>(source.db, there)) === true && (await value<boolean>(target.db, here)) === true;
  await until(isOver, { ...MINUTE, what: "the consumers of copies to be gone" });
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
    await root.db.query(FILL);
    await root.run("add-table", "t");
    // what the provider knows can be added
    await until(() => value<boolean>(branch.db, "select count(*) = 1 from londiste.table_info"), MINUTE);
    return set;
  }

  test(
    "a table is copied from a node that is not the provider, under load and when idle, and no row is lost or doubled",
    async () => {
      await using set = await tree();
      const [root, leaf] = [set.node("root"), set.node("leaf")];
      const load = writer(root);

      await leaf.run("add-table", "t", "--copy-node=root", "--wait-sync", "--timeout=150");
      const seen = load.rounds;
      await until(() => load.rounds > seen + 5, MINUTE);
      await load.stop();
      await untilEqual([root, leaf], "t");
      await leaf.run("resync", "t", "--find-copy-node");
      await leaf.run("wait-sync", "--timeout=150");
      await untilEqual([root, leaf], "t");

      await untilNoCopies(root, leaf);
      expect(leaf.workerLog()).not.toMatch(/ERROR/);
    },
    TEST_MS,
  );

  test(
    "a node gets another provider while a table is copied, and no row is lost or doubled",
    async () => {
      await using set = await tree();
      const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
      await branch.run("add-table", "t", "--wait-sync", "--timeout=150");
      const load = writer(root);

      await leaf.run("add-table", "t");
      await leaf.run("change-provider", "--provider=root", "--timeout=150");
      await leaf.run("wait-sync", "--timeout=150");
      await leaf.run("resync", "t");
      await leaf.run("change-provider", "--provider=branch", "--timeout=150");
      await leaf.run("wait-sync", "--timeout=150");
      await load.stop();
      await untilEqual([root, branch, leaf], "t");

      await untilNoCopies(root, leaf);
      await untilNoCopies(branch, leaf);
      expect(await value(leaf.db, "select provider_node from pgq_node.local_state")).toBe("branch");
    },
    TEST_MS,
  );

  test("a table is copied while a script that added a column to it is still on its way", async () => {
    using folder = temporaryFolder();
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "leaf", role: "leaf", provider: "root", major: to },
      ],
      schema: SCHEMA,
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    const file = folder.file("add-column.sql");
    writeFileSync(file, "select pg_sleep(2); alter table t add column n int not null default 0;");
    await root.db.query("insert into t select id, 'x' from generate_series(1, 100) id");
    await root.run("add-table", "t");
    await until(() => value<boolean>(leaf.db, "select count(*) = 1 from londiste.table_info"), MINUTE);
    await leaf.stopWorker();

    await leaf.run("add-table", "t");
    await root.run("execute", file);
    await root.db.query("update t set n = id");
    leaf.startWorker();
    await leaf.run("wait-sync", "--timeout=60");

    await untilEqual([root, leaf], "t");
  });

  test.each(["wanna-sync", "catching-up"])(
    "a copy in %s that has more of a lost root than the new one begins anew",
    async (state) => {
      await using set = await createOurSet({
        nodes: [
          { name: "root", role: "root", major: from },
          { name: "branch", role: "branch", provider: "root", major: to },
          { name: "leaf", role: "leaf", provider: "root", major: to },
        ],
        schema: `${SCHEMA}; create table held (id int primary key)`,
      });
      const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
      const stateOf = "select merge_state from londiste.table_info where table_name = 'public.t'";
      const topOf = "select max(tick_id)::int from pgq.tick";
      const waits =
        "select exists (select from pg_locks where relation = 'held'::regclass and mode = 'RowExclusiveLock' and not granted)";
      await root.run("add-table", "t", "held");
      await until(() => value<boolean>(branch.db, "select count(*) = 2 from londiste.table_info"), MINUTE);
      await branch.run("add-table", "t", "held", "--wait-sync", "--timeout=60");
      await until(() => value<boolean>(leaf.db, "select count(*) = 2 from londiste.table_info"), MINUTE);
      await leaf.run("add-table", "held", "--wait-sync", "--timeout=60");

      // the leaf's worker waits at a tick that the branch has, and the copy goes beyond what the branch will ever have
      const locks = [await leaf.database.connect(), await leaf.database.connect()];
      await leaf.stopWorker();
      await leaf.run("add-table", "t");
      await locks[0]!.query("begin; lock table t in share mode");
      leaf.startWorker();
      await until(async () => (await value(leaf.db, stateOf)) === "in-copy", { ...MINUTE, what: "a copy" });
      await locks[1]!.query("begin; lock table held in share mode");
      await root.db.query("insert into held values (1)");
      await until(() => value<boolean>(leaf.db, waits), { ...MINUTE, what: "a worker that waits" });
      await untilEqual([root, branch], "held");
      await branch.stopWorker();
      await root.db.query("insert into t values (1, 'lost')");
      for (let made = 0; made < 3; made += 1) {
        const before = await value<number>(root.db, topOf);
        await root.db.query("select pgq.force_tick($1)", [set.queue]);
        await until(async () => (await value<number>(root.db, topOf))! > before!, { ...MINUTE, what: "a tick" });
      }
      await locks[0]!.query("commit");
      await until(async () => /^wanna-sync:/.test((await value<string>(leaf.db, stateOf)) ?? ""), MINUTE);
      await root.stopWorker();
      await root.database.drop();
      await leaf.db.query("update londiste.table_info set merge_state = $1 where merge_state ~ $2 and $1 !~ $2", [
        state,
        "^wanna-sync",
      ]);
      await locks[1]!.query("commit");
      branch.startWorker();

      await branch.run("takeover", "root", "--dead-root", "--timeout=60");
      await branch.db.query("insert into t values (2, 'after')");
      await leaf.run("wait-sync", "--timeout=60");
      await branch.db.query("insert into t values (3, 'later')");
      await untilEqual([branch, leaf], "t");

      expect(await value(leaf.db, "select array_agg(v order by id) from t")).toEqual(["after", "later"]);
    },
    TEST_MS,
  );

  test("a second worker of the node leaves a table alone that the first one copies", async () => {
    await using set = await tree();
    const [root, branch] = [set.node("root"), set.node("branch")];
    await branch.db.query(`create function hold() returns trigger language plpgsql as $$ begin
        perform pg_advisory_xact_lock_shared(42);
        return new;
      end $$;
      create trigger hold before insert on t for each row execute function hold();
      alter table t enable always trigger hold; select pg_advisory_lock(42)`);
    const second = set.folder.file("second.ini");
    writeFileSync(second, branch.ini.join("\n").replace("branch.pid", "second.pid"));
    let log = "";

    await branch.run("add-table", "t");
    await until(async () => (await advisoryWaiters(branch.db, 42)).length > 0, MINUTE);
    const other = startHere(londiste, [second, "worker"], (text) => void (log += text));
    try {
      await until(() => log.includes("another worker of this node copies the table"), { ...MINUTE, what: "a warning" });
      await branch.db.query("select pg_advisory_unlock(42)");
      await branch.run("wait-sync", "--timeout=60");
      await untilEqual([root, branch], "t");
    } finally {
      other.signal("SIGTERM");
      await other.ended;
    }
  });
});
