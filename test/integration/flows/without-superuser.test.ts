// A node whose replay may not set session_replication_role, as on servers that are managed by others.
import { describe, expect, test } from "vitest";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const SCHEMA = `
  create table parent (id int primary key);
  create table child (id int primary key, parent_id int references parent on delete cascade, touched int not null default 0);
  create table audit (what text);
  create function touch() returns trigger language plpgsql as $$ begin
    new.touched := new.touched + 1; insert into audit values ('child ' || new.id); return new; end $$;
  create trigger child_touch before insert or update on child for each row execute function touch()`;
const MINUTE = { timeoutMs: 60_000 };

describe.each(endMajors())("a node without superuser on PostgreSQL %i", (major) => {
  /** The function that sets the role runs with the rights of its owner. */
  async function takeRightAway({ db }: SetNode): Promise<void> {
    await db.query("alter function londiste.set_session_replication_role(text, boolean) owner to londiste_writer");
  }

  test("triggers and foreign keys of users are away while it replays, and are back when it is root", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "old", role: "root", major },
        { name: "new", role: "branch", provider: "old", major },
      ],
      schema: SCHEMA,
      startsWorkers: false,
    });
    const [old, next] = [set.node("old"), set.node("new")];
    await takeRightAway(next);
    for (const node of [old, next]) node.startWorker();
    await old.db.query("insert into parent select generate_series(1, 5)");
    await old.db.query("insert into child select n, n from generate_series(1, 5) n");
    await old.run("add-table", "parent", "child");
    await next.run("add-table", "parent", "child", "--wait-sync", "--timeout=60");

    await old.db.query("begin; insert into parent values (6); insert into child values (6, 6); commit");
    await old.db.query("update child set parent_id = 6 where id = 1");
    await old.db.query("delete from parent where id = 2");
    await untilEqual([old, next], "parent");
    await untilEqual([old, next], "child");
    const auditBefore = await value(next.db, "select count(*)::int from audit");
    const held = await value(next.db, "select string_agg(trigger_name, ',') from londiste.pending_triggers");
    await next.run("takeover", "old");
    const enabled = await value(next.db, "select tgenabled::text from pg_trigger where tgname = 'child_touch'");
    await next.db.query("insert into child values (7, 3)");
    await expect(next.db.query("insert into child values (8, 4711)")).rejects.toThrow(/foreign key/);

    expect(auditBefore).toBe(0);
    expect(held).toBe("child_touch");
    expect(enabled).toBe("O");
    expect(await value(next.db, "select array_agg(what) from audit")).toEqual(["child 7"]);
    expect(await value(next.db, "select touched from child where id = 1")).toBe(2);
    await until(
      () =>
        value<boolean>(
          next.db,
          "select convalidated from pg_constraint where conname = 'child_parent_id_fkey' and not exists (select from londiste.pending_fkeys)",
        ),
      { ...MINUTE, what: "the foreign key to be validated" },
    );
    await untilEqual([old, next], "child");
    expect(next.workerLog()).not.toMatch(/ERROR/);
  });

  test("a table that leaves the set gets its triggers back", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major },
      ],
      schema: SCHEMA,
      startsWorkers: false,
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await takeRightAway(leaf);
    for (const node of [root, leaf]) node.startWorker();
    await root.run("add-table", "child");
    await leaf.run("add-table", "child", "--expect-sync");
    const enabled = "select tgenabled::text from pg_trigger where tgname = 'child_touch'";
    await until(async () => (await value(leaf.db, enabled)) === "D", { ...MINUTE, what: "the trigger to be held" });

    await leaf.run("remove-table", "child");

    expect(await value(leaf.db, enabled)).toBe("O");
    expect(await value(leaf.db, "select count(*)::int from londiste.pending_triggers")).toBe(0);
  });
});
