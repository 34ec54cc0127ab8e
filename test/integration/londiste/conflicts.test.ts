// What a node writes down of changes that did not fit its rows, and what conflicts and status tell of it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const SCHEMA = `create table a (id int primary key, v text);
  create table b (id int primary key, v text, constraint short check (length(v) < 100))`;

interface Listed {
  readonly table: string;
  readonly event: number;
  readonly kind: string;
  readonly policy: string;
  readonly operation: string;
  readonly key: Record<string, string>;
  readonly data: string | null;
  readonly dataLength: number;
  readonly reason: string | null;
}

async function listed(node: SetNode, ...words: readonly string[]): Promise<readonly Listed[]> {
  return JSON.parse((await node.run("conflicts", "--json", ...words)).stdout) as Listed[];
}

/** Rows of the application on a replica, which its triggers would refuse. */
async function own(node: SetNode, sql: string): Promise<void> {
  await node.db.query(`set session_replication_role = replica; ${sql}; reset session_replication_role`);
}

describe.each(endMajors())("conflicts that are noted, PostgreSQL %i", (major) => {
  let set: OurSet;
  let root: SetNode;
  let leaf: SetNode;

  beforeAll(async () => {
    set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major, ini: ["conflict_policy = keep"] },
      ],
      schema: SCHEMA,
    });
    [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "a", "b");
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
  }, 120_000);
  afterAll(() => set[Symbol.asyncDispose]());
  beforeEach(async () => {
    await root.db.query("truncate a, b; insert into a values (0, random())"); // behind which the leaf is at rest
    await untilEqual([root, leaf], "a");
    await leaf.run("conflicts", "--clear");
  });

  test("are listed with event, key, policy and the row, until they are cleared, and status points to them", async () => {
    await own(leaf, "insert into a values (5, 'mine')");

    await root.db.query("insert into a values (5, 'theirs')");
    await root.db.query("update a set v = 'again' where id = 5; insert into b values (1, 'x')");
    await untilEqual([root, leaf], "b");
    const [conflict, ...more] = await listed(leaf);
    const shown = await leaf.run("conflicts", "public.a");
    const elsewhere = await leaf.run("conflicts", "b");
    const mistyped = await leaf.attempt("conflicts", "c");
    const status = (await root.run("status")).stdout;
    const cleared = await leaf.run("conflicts", "--clear", "a");

    const id = await value<string>(
      root.db,
      "select ev_id::text from pgq.event_template where ev_extra1 = 'public.a' and ev_data like '%theirs%'",
    );
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({
      ...{ table: "public.a", kind: "row-exists", policy: "keep", operation: "insert", key: { id: "5" } },
      reason: expect.stringContaining("a_pkey") as unknown,
    });
    expect(String(conflict?.event)).toBe(id);
    expect(JSON.parse(conflict?.data ?? "")).toEqual({ id: 5, v: "theirs" });
    expect(shown.stdout).toMatch(new RegExp(`public\\.a +${id} +insert +row-exists +keep +id=5`));
    expect(elsewhere.stdout).toBe("no conflicts\n");
    expect(mistyped.status).toBe(1);
    expect(status).toMatch(/\n +Conflicts: 1, the last .+ ago: conflicts lists them\n/);
    expect(cleared.stdout + cleared.stderr).toContain("1 conflict(s) forgotten");
    expect((await root.run("status")).stdout).not.toContain("Conflicts:");
  });

  test("are noted with the batch: one that fails notes none, and when it goes through each stands there once", async () => {
    await own(leaf, "insert into a values (5, 'mine'); alter table b add constraint barrier check (id < 100)");

    await root.db.query("begin; insert into a values (5, 'theirs'); insert into b values (100, 'refused'); commit");
    await until(() => /barrier[\s\S]*barrier/.test(leaf.workerLog()), { ...MINUTE, what: "the batch to fail twice" });
    const before = await listed(leaf);
    await leaf.db.query("alter table b drop constraint barrier");
    await untilEqual([root, leaf], "b");

    expect(before).toEqual([]);
    expect((await listed(leaf)).map(({ kind }) => kind)).toEqual(["row-exists"]);
  });

  test("of a table the newest 1000 are kept, of a large row its beginning, and not everybody may read them", async () => {
    await own(leaf, "insert into a select i, 'mine' from generate_series(1, 2200) i");
    await root.db.query("insert into a values (1, repeat('€', 20000))");
    await root.db.query(
      "insert into a select i, 'theirs' from generate_series(2, 2200) i; insert into b values (1, 'end')",
    );
    await untilEqual([root, leaf], "b");

    const newest = await listed(leaf, "a");
    await leaf.run("conflicts", "--clear");
    await own(leaf, "insert into a values (3000, 'mine')");
    await root.db.query("insert into a values (3000, repeat('€', 20000)); insert into b values (3, 'end')");
    await until(() => value<boolean>(leaf.db, "select exists (select from b where id = 3)"), MINUTE);
    const [large] = await listed(leaf, "a");

    expect(newest.map(({ key }) => Number(key["id"]))).toEqual(Array.from({ length: 1000 }, (_, i) => 2200 - i));
    expect(large?.data).toHaveLength(8000);
    expect(large?.dataLength).toBeGreaterThan(20_000);
    const readers = `select array_agg(r order by r) from unnest('{pgq_reader,pgq_writer,londiste_reader,pgq_admin,londiste_writer}'::text[]) r
                     where has_table_privilege(r, 'londiste.conflict', 'select')`;
    expect(await value(leaf.db, readers)).toEqual(["londiste_writer", "pgq_admin"]);
  });

  test("where everything fits the list is not touched: replay goes on while it is locked", async () => {
    const holder = await leaf.database.connect();
    await holder.query("begin; lock table londiste.conflict in access exclusive mode");

    await root.db.query("insert into a select i, 'fits' from generate_series(1, 5000) i");
    await root.db.query("update a set v = 'too' where id < 100; delete from a where id > 4000");

    await untilEqual([root, leaf], "a");
    await holder.query("rollback");
  });

  test("a schema without the table, as an earlier release installed it, is replayed into as before", async () => {
    await leaf.db.query("alter table londiste.conflict rename to conflict_away");
    await own(leaf, "insert into a values (5, 'mine')");

    await root.db.query("insert into a values (5, 'theirs'); insert into b values (1, 'x')");
    await untilEqual([root, leaf], "b");
    const refused = await leaf.attempt("conflicts");
    const status = await root.run("status");
    await leaf.db.query("alter table londiste.conflict_away rename to conflict");

    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("skytools install londiste");
    expect(status.stdout).not.toContain("Conflicts:");
    expect(await listed(leaf)).toEqual([]);
  });
});

describe.each(endMajors())("a conflict whose row the database cannot hold, PostgreSQL %i", (major) => {
  test("is noted without the row, and its table goes into quarantine", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        {
          ...{ name: "leaf", role: "leaf", provider: "root", major, ini: ["conflict_policy = quarantine"] },
          template: "template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
        },
      ],
      schema: SCHEMA,
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "a", "b");
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");

    await root.db.query("insert into a values (1, '€')");
    await root.db.query("insert into b values (1, 'goes on')");
    await untilEqual([root, leaf], "b");

    expect(await listed(leaf)).toMatchObject([
      { table: "public.a", kind: "refused", policy: "quarantine", operation: "insert", data: null, key: null },
    ]);
  });
});
