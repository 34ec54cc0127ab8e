// skip-event: a worker that stands still on a change goes past it, and the nodes below do not lose it.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const SCHEMA = "create table a (id int primary key, v text); create table b (id int primary key, v text)";

async function own(node: SetNode, sql: string): Promise<void> {
  await node.db.query(`set session_replication_role = replica; ${sql}; reset session_replication_role`);
}

/** What the worker's log says to give. */
async function advised(node: SetNode, what: string): Promise<string> {
  let id: string | undefined;
  await until(
    () => {
      id = [...node.workerLog().matchAll(/skip-event ([\d ]*\d)/g)].at(-1)?.[1];
      return node.workerLog().includes(what) && id !== undefined;
    },
    { ...MINUTE, what: `the worker to stand still: ${what}` },
  );
  return id!;
}

async function kinds(node: SetNode): Promise<readonly string[]> {
  const rows = JSON.parse((await node.run("conflicts", "--json")).stdout) as Record<string, unknown>[];
  return rows.map(({ table, event, kind, policy, operation }) => [table, event, kind, policy, operation].join(" "));
}

const marks = "select count(*)::int from londiste.table_info where table_attrs like '%skip_event%'";

describe.each(endMajors())("an event that cannot be replayed, PostgreSQL %i", (major) => {
  async function openSet(startsWorkers = true): Promise<OurSet> {
    const set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "branch", role: "branch", provider: "root", major },
        { name: "leaf", role: "leaf", provider: "branch", major },
      ],
      schema: SCHEMA,
    });
    const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    await root.run("add-table", "a", "b");
    await branch.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    if (!startsWorkers) await branch.stopWorker();
    return set;
  }

  test("is left out where that is asked for, noted with its row, and passed on to the node below", async () => {
    await using set = await openSet();
    const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    await own(branch, "insert into a values (5, 'mine')");
    await root.db.query("insert into a values (5, 'theirs'); insert into a values (6, 'behind')");

    const id = await advised(branch, "a row with this key is there already");
    const rehearsed = await branch.run("skip-event", "--dry-run", id);
    const marked = await value(branch.db, marks);
    await branch.run("skip-event", id);
    await untilEqual([root, leaf], "a");
    await until(async () => (await value(branch.db, "select count(*)::int from a")) === 2, MINUTE);
    const again = await branch.attempt("skip-event", id);

    expect(rehearsed.stdout).toBe(`event ${id}, a change of public.a, would be left out here\n`);
    expect(marked).toBe(0);
    expect(await value(branch.db, "select v from a where id = 5")).toBe("mine");
    expect(await value(leaf.db, "select v from a where id = 5")).toBe("theirs");
    expect(await kinds(branch)).toEqual([`public.a ${id} skipped skip insert`]);
    expect(await value(branch.db, "select event_data::json ->> 'v' || row_key from londiste.conflict")).toBe(
      'theirs{"id":"5"}',
    );
    expect(await kinds(leaf)).toEqual([]);
    expect(await value(branch.db, marks)).toBe(0);
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining("has replayed it, or it never was")]);
    expect(branch.workerLog()).toMatch(/skipped, as skip-event has asked/);
  });

  test("a worker that is killed with the batch half done leaves it out once, after the restart", async () => {
    await using set = await openSet();
    const [root, branch] = [set.node("root"), set.node("branch")];
    await branch.stopWorker();
    branch.startWorker("process");
    await own(branch, "insert into a values (5, 'mine')");
    await root.db.query("insert into a values (5, 'theirs'); insert into b values (5, 'behind')");
    const id = await advised(branch, "a row with this key is there already");
    const holder = await branch.database.connect();
    await holder.query("begin; lock table londiste.conflict in share mode");
    const isHeld = `select exists (select from pg_locks where relation = 'londiste.conflict'::regclass and not granted)`;

    await branch.run("skip-event", id);
    await until(() => value<boolean>(branch.db, isHeld), { ...MINUTE, what: "the batch to be held before its commit" });
    await branch.stopWorker("SIGKILL");
    await holder.query("rollback");
    await until(async () => !(await value<boolean>(branch.db, isHeld)), MINUTE);
    const between = [
      await kinds(branch),
      await value(branch.db, marks),
      await value(branch.db, "select count(*)::int from b"),
    ];
    branch.startWorker();
    await untilEqual([root, branch], "b");

    expect(between).toEqual([[], 1, 0]);
    expect(await kinds(branch)).toEqual([`public.a ${id} skipped skip insert`]);
    expect(await value(branch.db, marks)).toBe(0);
  });

  test("several at a time, a truncate and a script among them; what is none of them is refused, and then nothing is done", async () => {
    await using set = await openSet();
    const [root, branch] = [set.node("root"), set.node("branch")];
    await own(branch, "insert into a values (5, 'mine'); alter table a add column extra int");
    await branch.db.query("create function no() returns trigger language plpgsql as $$ begin raise 'not here'; end $$");
    await branch.db.query(
      "create trigger no before truncate on b execute function no(); alter table b enable always trigger no",
    );
    await root.db.query("insert into a values (5, 'theirs')");
    await root.db.query("truncate b");
    const file = set.folder.file("add.sql");
    writeFileSync(file, "alter table a add column extra int");
    await root.run("execute", file);
    await root.db.query("select pgq.insert_event('replika', 'mine', 'x')");
    await root.db.query("insert into a values (6, 'behind', 1)");
    const idOf = async (condition: string): Promise<string> =>
      String(await value(root.db, `select max(ev_id) from pgq.event_template where ${condition}`));
    const [row, truncate, script, other] = [
      await idOf("ev_extra1 = 'public.a' and ev_data like '%theirs%'"),
      await idOf("ev_extra1 = 'public.b'"),
      await idOf("ev_type = 'EXECUTE'"),
      await idOf("ev_type = 'mine'"),
    ];

    const refused = await branch.attempt("skip-event", row, other, "999999");
    const marked = await value(branch.db, marks);
    const words = await branch.attempt("skip-event", "a/5");
    const onRoot = await root.attempt("skip-event", row);
    await branch.run("skip-event", row);
    const named = await advised(branch, "truncate of public.b: not here");
    await branch.run("skip-event", truncate, script);
    await until(() => /event \d+ is a mine which nobody knows/.test(branch.workerLog()), MINUTE);

    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`event ${other} is of type mine: neither a change of a row nor a script`);
    expect(refused.stderr).toContain("event 999999 is not in the queue of the provider");
    expect(marked).toBe(0);
    expect([words.status, onRoot.status]).toEqual([2, 1]);
    expect(named).toBe(truncate);
    expect(await value(branch.db, "select execute_file from londiste.applied_execute")).toBe("add.sql");
  });
});
