import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeEach, afterEach, describe, expect, test } from "vitest";
import { majorPairs } from "../harness/major-pairs.ts";
import { runCli, type CliResult } from "../harness/run-cli.ts";
import { value } from "../harness/sessions.ts";
import { createTwoDatabases, type TwoDatabases } from "../harness/two-databases.ts";
import { until } from "../harness/until.ts";

const FIX = "fix.shop.orders.sql";
const [pair] = majorPairs().slice(-1);

describe("two databases without a replica set", () => {
  let two: TwoDatabases;

  beforeEach(async () => {
    two = await createTwoDatabases(pair!);
    await two.both(`
      create schema shop;
      create table shop.orders (id int primary key, what text);
      create table shop.parts (id int, at date) partition by range (at);
      create table shop.parts_2026 partition of shop.parts for values from ('2026-01-01') to ('2027-01-01');
      insert into shop.orders select i, 'order ' || i from generate_series(1, 100) i;
      insert into shop.parts values (1, '2026-05-05'), (1, '2026-05-05')`);
  });
  afterEach(() => two[Symbol.asyncDispose]());
  afterAll(() => {
    rmSync(FIX, { force: true });
  });

  const run = (...argv: string[]): Promise<CliResult> =>
    runCli([...argv, "--source", two.source.url, "--db", two.target.url]);

  async function differ(): Promise<void> {
    await two.b.query(`
      delete from shop.orders where id = 7;
      update shop.orders set what = 'other' where id = 8;
      insert into shop.orders values (1000, 'surplus')`);
  }

  test("equal tables are listed as equal, and the exit status is 0", async () => {
    const { status, stdout } = await run("compare");

    expect(stdout).toMatch(/^shop\.orders +100 +100 +0 +0 +0 +equal$/m);
    expect(stdout).toMatch(/^shop\.parts +2 +2 +0 +0 +0 +equal$/m);
    expect(stdout).not.toContain("parts_2026");
    expect(status).toBe(0);
  });

  test("what differs, and what the target lacks, is told with exit status 3", async () => {
    await differ();
    await two.a.query("create table shop.more (id int primary key)");

    const text = await run("compare", "shop.*");
    const json = await run("compare", "--json");

    expect(text.stdout).toMatch(/^shop\.orders +100 +100 +1 +1 +1 +differs$/m);
    expect(text.stdout).toContain("shop.orders:   missing: id=7\n");
    expect(text.stdout).toMatch(/^shop\.more .* not in the target$/m);
    expect(text.status).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { table: "shop.more", isEqual: false, isMissing: true },
      { table: "shop.orders", isEqual: false, inserts: 1, updates: 1, deletes: 1 },
      { table: "shop.parts", isEqual: true },
    ]);
    expect((await run("compare", "shop.orders", "--where", "id between 10 and 20")).status).toBe(0);
    expect((await run("compare", "shop.orders", "--count-only")).status).toBe(0);
    expect((await run("compare", "shop.orders", "--columns", "id", "--where", "id = 8")).status).toBe(0);
  });

  test("repair writes the statements, and with --apply it does them", async () => {
    await differ();

    const preview = await run("repair", "shop.orders");
    const unchanged = await run("compare", "shop.orders");
    const written = readFileSync(FIX, "utf8");
    const applied = await run("repair", "--apply", "--no-triggers");

    expect(preview).toMatchObject({ status: 3, stdout: expect.stringContaining(`see ${FIX}`) as string });
    expect(unchanged.status).toBe(3);
    expect(written.match(/^(insert|update|delete)/gim)).toHaveLength(3);
    expect(applied).toMatchObject({ status: 0, stdout: expect.stringContaining("3 rows changed") as string });
    expect((await run("compare")).status).toBe(0);
    await run("repair", "shop.orders");
    expect(existsSync(FIX)).toBe(false);
  });

  test("what is wrong on the command line is said", async () => {
    const noSource = await runCli(["compare", "--db", two.target.url]);

    expect(noSource).toMatchObject({ status: 2, stderr: expect.stringContaining("--source is missing") as string });
    expect(await run("compare", "shop.none")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("shop.none") as string,
    });
    expect(await run("compare", "shop.orders", "--key", "nothing")).toMatchObject({ status: 2 });
    expect(await run("compare", "shop.orders", "--where", "nonsense(")).toMatchObject({ status: 1 });
  });

  test("a comparison that is stopped ends its statements too", async () => {
    const stop = new AbortController();
    const isSlow = async (): Promise<boolean> =>
      (await value<boolean>(two.a, "select exists (select from pg_stat_activity where wait_event = 'PgSleep')")) ===
      true;
    const words = ["compare", "shop.orders", "--where", "pg_sleep(100) is not null"];

    const ended = runCli([...words, "--source", two.source.url, "--db", two.target.url], {}, stop.signal);
    await until(isSlow, { what: "a slow statement" });
    stop.abort("SIGINT");

    expect((await ended).status).toBe(1);
    expect(await isSlow()).toBe(false);
  });
});
