import { writeFileSync } from "node:fs";
import { expect, describe, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { createDatabase } from "../../harness/database.ts";
import { type ProgramResult, runHere } from "../../harness/run-program.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { endMajors } from "../../harness/major-pairs.ts";

async function run(...argv: readonly string[]): Promise<ProgramResult> {
  return await runHere(londiste, argv);
}

describe.each(endMajors())("a set that one file describes, on PostgreSQL %i", (major) => {
  test("plan shows what is missing, apply makes it, and both find nothing the second time", async () => {
    using folder = temporaryFolder();
    await using main = await createDatabase(major, "template1");
    await using copy = await createDatabase(major, "template1");
    const [a, b] = [await main.connect(), await copy.connect()];
    await a.query(
      "create schema shop; create table shop.orders (id serial primary key); create table shop.log (id int primary key)",
    );
    await b.query("create schema arch; create table arch.orders (id int primary key); create sequence public.x");
    const ini = folder.file("set.ini");
    writeFileSync(
      ini,
      [
        "[londiste]\nqueue_name = shop\ntables = shop.*",
        `pidfile = ${folder.file("set.pid")}`,
        `[node main]\ntype = root\nlocation = ${main.url}\nsequences = *`,
        `[node copy]\ntype = leaf\nprovider = main\nlocation = ${copy.url}\ncreate = no`,
        "[table shop.log]\nnodes = main\n[table shop.orders]\ndest_table.copy = arch.orders\nexpect_sync = yes\n",
      ].join("\n"),
    );

    const before = await run(ini, "plan", "--json");
    const applied = await run(ini, "apply");
    const after = await run(ini, "plan");
    const again = await run(ini, "apply", "--json");
    const tables = await b.query<{ line: string }>(
      "select table_name || ' ' || dest_table || ' ' || merge_state as line from londiste.get_table_list('shop') where local",
    );

    expect([before.status, before.stderr]).toEqual([3, ""]);
    expect((JSON.parse(before.stdout) as { steps: string[] }).steps).toEqual([
      "main: make the root",
      "copy: make the leaf, which reads from main",
      "main: add sequence shop.orders_id_seq",
      "main: add table shop.log",
      "main: add table shop.orders",
      "copy: add table shop.orders as arch.orders",
    ]);
    expect(applied).toMatchObject({ status: 0, stdout: "6 step(s) done\n" });
    expect(after).toMatchObject({ status: 0, stdout: "nothing is missing\n" });
    expect(JSON.parse(again.stdout)).toEqual({ done: [], remarks: [] });
    expect(tables.rows).toEqual([{ line: "shop.orders arch.orders ok" }]);
  });

  test.each([
    { lines: "handler = nobody", text: "there is no handler nobody" },
    { lines: "handler = londiste\nhandler_args = zz=1", text: "zz" },
  ])("plan refuses a handler that apply would: $text", async ({ lines, text }) => {
    using folder = temporaryFolder();
    await using main = await createDatabase(major, "template1");
    const ini = folder.file("set.ini");
    writeFileSync(
      ini,
      [
        "[londiste]\nqueue_name = shop\ntables = *",
        `pidfile = ${folder.file("set.pid")}`,
        `[node main]\ntype = root\nlocation = ${main.url}`,
        `[table t]\n${lines}\n`,
      ].join("\n"),
    );

    const planned = await run(ini, "plan");
    const applied = await run(ini, "apply");
    const client = await main.connect();
    const { rows } = await client.query("select to_regnamespace('pgq') is null as nothing");

    expect(planned.status).toBeGreaterThan(0);
    expect(planned.status).not.toBe(3);
    expect(planned.stderr).toContain(text);
    expect(applied.stderr).toContain(text);
    expect(rows).toEqual([{ nothing: true }]);
  });
});
