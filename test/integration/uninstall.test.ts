import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";

const SCHEMA = "select to_regnamespace('pgq') is not null as there";

describe.each(majors())("uninstalling on PostgreSQL %i", (major) => {
  test("removes an unused PgQ, keeps the roles and says so", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();

    const { status, stdout } = await runCli(["uninstall", "pgq", "--db", db.url]);

    expect(status).toBe(0);
    expect(stdout).toContain("pgq_admin, pgq_reader, pgq_writer are kept");
    expect((await client.query(`${SCHEMA}, to_regrole('pgq_admin') is not null as role`)).rows).toEqual([
      { there: false, role: true },
    ]);
  });

  test.each([
    { used: "queue q", sql: "select pgq.create_queue('q')" },
    {
      used: "trigger capture on public.t",
      sql: `create table public.t (id int primary key);
            create trigger capture after insert on public.t for each row execute function pgq.logutriga('q')`,
    },
    { used: "public.v", sql: "create view public.v as select queue_name from pgq.queue" },
  ])("refuses while there is a $used, and removes it with --force", async ({ used, sql }) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query(sql);

    const refused = await runCli(["uninstall", "pgq", "--db", db.url]);
    const kept = await client.query(SCHEMA);
    const forced = await runCli(["uninstall", "pgq", "--db", db.url, "--force"]);

    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(used);
    expect(refused.stderr).toContain("--force");
    expect(kept.rows).toEqual([{ there: true }]);
    expect(forced.status).toBe(0);
    expect(forced.stdout).toContain(used);
    expect((await client.query(SCHEMA)).rows).toEqual([{ there: false }]);
  });

  test("--dry-run prints the script and changes nothing", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();

    const { status, stdout } = await runCli(["uninstall", "pgq", "--db", db.url, "--dry-run"]);

    expect(status).toBe(0);
    expect(stdout).toContain("drop schema");
    expect((await client.query(SCHEMA)).rows).toEqual([{ there: true }]);
  });

  test("the printed script refuses while queues exist", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");
    const { stdout: script } = await runCli(["sql", "pgq", "--uninstall"]);

    await expect(client.query(script)).rejects.toThrow("in use by queue q");
  });

  test("a database without PgQ is left alone", async () => {
    await using db = await createDatabase(major, "template1");

    expect(await runCli(["uninstall", "pgq", "--db", db.url])).toMatchObject({
      status: 0,
      stdout: "there is no schema pgq in this database\n",
    });
  });

  test("a schema pgq that is something else is not dropped", async () => {
    await using db = await createDatabase(major, "template1");
    const client = await db.connect();
    await client.query("create schema pgq; create table pgq.mine (a int)");

    const { status } = await runCli(["uninstall", "pgq", "--db", db.url, "--force"]);

    expect(status).toBe(1);
    expect((await client.query(SCHEMA)).rows).toEqual([{ there: true }]);
  });

  test("a PgQ that was removed can be installed again", async () => {
    await using db = await createDatabase(major);

    await runCli(["uninstall", "pgq", "--db", db.url]);

    expect((await runCli(["install", "pgq", "--db", db.url])).status).toBe(0);
  });
});
