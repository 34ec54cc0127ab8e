// Commands and workers that are stopped while a statement of theirs runs, or waits for a lock.
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { startHere } from "../../harness/run-program.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

/** stop_timeout, after which the process ends whatever runs, is 30 s. */
const SOON_MS = 8_000;

describe.each(endMajors())("a command that is stopped on PostgreSQL %i", (major) => {
  let set: OurSet;
  let root: SetNode;
  let leaf: SetNode;

  beforeAll(async () => {
    set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major },
      ],
      schema: "create table t (id int primary key, v text); insert into t values (1, 'x')",
    });
    [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "t");
    await leaf.run("add-table", "t", "--wait-sync", "--timeout=60");
  });
  afterAll(() => set[Symbol.asyncDispose]());

  /** Whether a session of this database waits for that. */
  const isWaiting = async ({ db }: SetNode, event: string): Promise<boolean> =>
    (await value<boolean>(
      db,
      `select exists (select from pg_stat_activity
                       where state = 'active' and datname = current_database() and wait_event = $1)`,
      [event],
    )) === true;

  /** Starts it, stops it when a session of the node waits for that. */
  async function stopped(node: SetNode, words: readonly string[], event: string) {
    const program = startHere(londiste, [node.iniFile, ...words]);
    await until(() => isWaiting(node, event), { timeoutMs: 20_000, what: event });
    const startedAt = performance.now();
    program.signal("SIGTERM");
    const { status, stderr } = await program.ended;
    return { status, stderr, tookMs: performance.now() - startedAt };
  }

  test.each([
    ["compare", []],
    ["repair", ["--apply"]],
  ])("%s ends soon when it waits for a lock, and its statement too", async (command, words) => {
    const other = await leaf.database.connect();
    await other.query("begin; lock table t in access exclusive mode");

    const result = await stopped(leaf, [command, ...words, "t"], "relation");
    const isLeft = await isWaiting(leaf, "relation");
    await other.query("rollback");

    expect(result).toMatchObject({ status: 1 });
    expect(result.tookMs).toBeLessThan(SOON_MS);
    expect(result.stderr).toContain("stopped by a signal");
    expect(isLeft).toBe(false);
  });

  test("execute rolls back a script whose statement runs for long, and sends nothing", async () => {
    const script = set.folder.file("slow.sql");
    writeFileSync(script, "insert into t values (99, 'half'); select pg_sleep(3000);");

    const result = await stopped(root, ["execute", script], "PgSleep");

    expect(result).toMatchObject({ status: 1 });
    expect(result.tookMs).toBeLessThan(SOON_MS);
    expect(await value(root.db, "select count(*)::int4 from t where id = 99")).toBe(0);
    expect(await value(root.db, "select count(*)::int4 from londiste.applied_execute")).toBe(0);
  });
});

describe.each(endMajors())("a worker that is stopped while it copies on PostgreSQL %i", (major) => {
  /** What a table needs besides its columns, on the leaf; what somebody holds there or on the root; what is waited for then. */
  const obstacles = [
    {
      what: "a lock that a trigger wants",
      onLeaf: `create function wants_lock() returns trigger language plpgsql
                 as $$ begin perform pg_advisory_xact_lock(17); return new; end $$;
               create trigger waits before insert on t for each row execute function wants_lock();
               alter table t enable always trigger waits`,
      heldOn: "leaf",
      held: "select pg_advisory_xact_lock(17)",
      event: "advisory",
    },
    {
      what: "the table here",
      onLeaf: "",
      heldOn: "leaf",
      held: "lock table t in access exclusive mode",
      event: "relation",
    },
    {
      what: "the table at the source",
      onLeaf: "",
      heldOn: "root",
      held: "lock table t in access exclusive mode",
      event: "relation",
    },
    {
      what: "an index that takes long",
      onLeaf: `create function slow(int) returns int immutable language plpgsql
                 as $$ begin perform pg_sleep(3000); return $1; end $$;
               create index on t (slow(id))`,
      heldOn: "leaf",
      held: "",
      event: "PgSleep",
    },
  ] as const;
  const cases = [
    ...obstacles.map((obstacle) => ({ ...obstacle, name: "SIGTERM" as const })),
    { ...obstacles[0], name: "SIGINT" as const },
  ];

  test.each(cases)(
    "$name: ends within seconds, waiting for $what, and goes on at the next start",
    async (wish) => {
      await using set = await createOurSet({
        startsWorkers: false,
        nodes: [
          { name: "root", role: "root", major },
          { name: "leaf", role: "leaf", provider: "root", major },
        ],
        schema: (node) => `create table t (id int primary key, v text); ${node === "leaf" ? wish.onLeaf : ""}`,
      });
      const [root, leaf] = [set.node("root"), set.node("leaf")];
      await root.db.query("insert into t values (1, 'x')");
      root.startWorker();
      await root.run("add-table", "t");
      await leaf.run("add-table", "t");
      const holder = await set.node(wish.heldOn).database.connect();
      await holder.query(`begin; ${wish.held}`);
      leaf.startWorker();
      const isWaited = async (): Promise<boolean> =>
        (await value<boolean>(
          set.node(wish.heldOn).db,
          `select exists (select from pg_stat_activity
                         where state = 'active' and datname = current_database() and wait_event = $1)`,
          [wish.event],
        )) === true;
      await until(isWaited, { timeoutMs: 30_000, what: wish.event });

      const startedAt = performance.now();
      const status = await leaf.stopWorker(wish.name);
      const tookMs = performance.now() - startedAt;

      expect(status).toBe(0);
      expect(tookMs).toBeLessThan(3_000);
      await holder.query("rollback");
      if (wish.event === "PgSleep")
        await leaf.db.query("create or replace function slow(int) returns int immutable language sql as 'select $1'");
      leaf.startWorker();
      await untilEqual([root, leaf], "t");
    },
    60_000,
  );
});
