// How far a copy is, as status, tables and wait-sync show it while the worker copies.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { majors } from "../../harness/database.ts";
import { createOurSet, type OurSet, type SetNode } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

// A range is stored as soon as the lock can be had, so that a copy can be held in its middle.
const HOLD = `
  create function wait_for_test() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(42); return new; end $$;
  create trigger hold before insert on londiste.copied_range for each row execute function wait_for_test();
  alter table londiste.copied_range enable always trigger hold`;

describe.each(majors())("a copy that is held in its middle, on PostgreSQL %i", (major) => {
  let set: OurSet;
  let root: SetNode;
  let leaf: SetNode;

  beforeAll(async () => {
    set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major },
      ],
      schema: "create table items (id int primary key, note text)",
    });
    [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.db.query("insert into items select i, repeat('x', 100) from generate_series(1, 20000) i");
    await root.run("add-table", "items");
    await leaf.db.query(HOLD);
  }, 120_000);
  afterAll(() => set[Symbol.asyncDispose]());

  test("status, tables and wait-sync tell its rows, bytes, rate and time, and nothing of it is left at the end", async () => {
    await leaf.db.query("select pg_advisory_lock(42)");
    await leaf.run("add-table", "items");
    await until(
      () => value<boolean>(leaf.db, "select count(*) > 0 from londiste.copy_progress where copied_share > 0.3"),
      {
        timeoutMs: 30_000,
        what: "the worker to tell how far it is",
      },
    );

    const status = (await root.run("status")).stdout;
    const [table] = JSON.parse((await leaf.run("tables", "--json")).stdout) as { copy: object }[];
    const waited = await leaf.attempt("wait-sync", "--timeout=0.1");
    await leaf.db.query("select pg_advisory_unlock(42)");
    const synced = await leaf.run("wait-sync", "--timeout=60");

    expect(status).toMatch(/\n +Copy: public\.items \d+ %, \d\.\d MB, \d.* [kMG]B\/s, .+ left\n/);
    expect(table?.copy).toMatchObject({ rows: expect.anything() as unknown, fraction: expect.any(Number) as unknown });
    expect(waited.stderr).toContain("1/1 table(s) to copy");
    expect(waited.status).toBe(1);
    expect(synced.stderr).toContain("public.items: finished (1/1)");
    expect(await value(leaf.db, "select count(*)::int from londiste.copy_progress")).toBe(0);
    expect((await root.run("status")).stdout).not.toContain("Copy:");
  });
});
