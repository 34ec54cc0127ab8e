import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, serverUrl, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { until } from "../harness/until.ts";

interface Report {
  outcome: string;
  functionsAdded: string[];
  functionsChanged: string[];
}

const report = (stdout: string): Report => JSON.parse(stdout) as Report;

describe.each(majors())("installing on PostgreSQL %i", (major) => {
  let db: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    db = await createDatabase(major, "template1");
    admin = await db.connect();
  });
  afterAll(() => db.drop());

  test("doctor says that nothing is installed, and how to install", async () => {
    const { status, stdout } = await runCli(["doctor", "--db", db.url]);

    expect(status).toBe(3);
    expect(stdout).toContain("skytools install pgq");
  });

  test("--dry-run prints a script and changes nothing", async () => {
    const { status, stdout } = await runCli(["install", "pgq", "--db", db.url, "--dry-run"]);
    const { rows } = await admin.query("select to_regnamespace('pgq') as schema");

    expect(status).toBe(0);
    expect(stdout).toMatch(/^begin/);
    expect(rows).toEqual([{ schema: null }]);
  });

  test("a first installation gives a working queue", async () => {
    const { status, stdout } = await runCli(["install", "pgq", "--db", db.url, "--json"]);
    const { rows } = await admin.query(
      "select pgq.create_queue('first') as made, pgq.insert_event('first', 't', 'd') > 0 as inserted",
    );

    expect(status).toBe(0);
    expect(report(stdout).outcome).toBe("fresh");
    expect(rows).toEqual([{ made: 1, inserted: true }]);
  });

  test("a second installation changes nothing, not even a row of the catalog", async () => {
    const catalog = "select max(xmin::text::bigint) as newest from pg_proc where pronamespace = 'pgq'::regnamespace";
    const before = await admin.query(catalog);

    const { stdout } = await runCli(["install", "pgq", "--db", db.url, "--json"]);

    expect(report(stdout)).toMatchObject({ outcome: "unchanged", functionsAdded: [], functionsChanged: [] });
    expect((await admin.query(catalog)).rows).toEqual(before.rows);
  });

  test("a search path of the user makes no difference", async () => {
    const { stdout } = await runCli(["install", "pgq", "--db", db.url, "--json"], { PGOPTIONS: "-c search_path=pgq" });

    expect(report(stdout).outcome).toBe("unchanged");
  });

  test("a function that was changed is put back, and named", async () => {
    await admin.query("create or replace function pgq.version() returns text as $$ select 'x'::text $$ language sql");

    const { stdout } = await runCli(["install", "pgq", "--db", db.url, "--json"]);

    expect(report(stdout)).toMatchObject({ outcome: "upgraded", functionsChanged: ["version()"] });
    expect((await admin.query("select pgq.version() as v")).rows).toEqual([{ v: "3.5.2" }]);
  });

  test("queues and events stay when everything is installed again", async () => {
    await admin.query("drop function pgq.version()");

    await runCli(["install", "pgq", "--db", db.url]);

    expect((await admin.query("select ev_data from pgq.event_1")).rows).toEqual([{ ev_data: "d" }]);
  });

  test("an installation waits for a long transaction without holding up producers", async () => {
    await admin.query("drop function pgq.version()");
    const long = await db.connect();
    await long.query("begin");
    await long.query("lock table pgq.queue in row exclusive mode");

    const installing = runCli(["install", "pgq", "--db", db.url]);
    await until(async () => (await waiting(admin)) > 0, { what: "installation that waits" });
    await admin.query("set statement_timeout = '1s'");
    const { rows } = await admin.query("select pgq.insert_event('first', 't', 'meanwhile') > 0 as inserted");
    await long.query("commit");

    expect(rows).toEqual([{ inserted: true }]);
    expect(await installing).toMatchObject({ status: 0 });
  });

  test("a step of a newer skytools that is marked breaking is refused, another is not", async () => {
    await admin.query("drop function pgq.version()");
    await admin.query("insert into pgq.install_step values ('9999-new', true, '9.0.0')");
    const refused = await runCli(["install", "pgq", "--db", db.url]);
    await admin.query("update pgq.install_step set step_breaking = false where step_name = '9999-new'");
    const accepted = await runCli(["install", "pgq", "--db", db.url]);

    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain("9999-new");
    expect(accepted.status).toBe(0);
    expect(accepted.stderr).toContain("9999-new");
  });
});

describe.each(majors())("installers at work on PostgreSQL %i", (major) => {
  test("twenty at once: one installs, nineteen find it done", async () => {
    await using db = await createDatabase(major, "template1");

    const results = await Promise.all(
      Array.from({ length: 20 }, () => runCli(["install", "pgq", "--db", db.url, "--json"])),
    );

    expect(results.map(({ stderr }) => stderr).filter((text) => text !== "")).toEqual([]);
    expect(results.map(({ stdout }) => report(stdout).outcome).sort()).toEqual([
      "fresh",
      ...Array.from({ length: 19 }, () => "unchanged"),
    ]);
  });

  test("one whose connection is killed leaves nothing, and the next one succeeds", async () => {
    await using db = await createDatabase(major, "template1");
    const blocker = await db.connect();
    await blocker.query("begin; select pg_advisory_xact_lock(7366513, 0)");
    const admin = await db.connect();
    const installing = runCli(["install", "pgq", "--db", db.url]);
    const pid = await until(() => installerPid(admin), { what: "installer" });

    await admin.query("select pg_terminate_backend($1)", [pid]);
    const killed = await installing;
    const { rows } = await admin.query("select to_regnamespace('pgq') as schema");
    await blocker.query("rollback");

    expect(killed.status).toBe(1);
    expect(rows).toEqual([{ schema: null }]);
    expect((await runCli(["install", "pgq", "--db", db.url])).status).toBe(0);
  });

  test("one that is killed behind its changes leaves the old state", async () => {
    await using db = await createDatabase(major, "template1");
    await runCli(["install", "pgq", "--db", db.url]);
    const admin = await db.connect();
    await admin.query("drop function pgq.version()");
    const blocker = await db.connect();
    await blocker.query("begin; lock table pgq.install_step in share mode");
    const installing = runCli(["install", "pgq", "--db", db.url]);
    const pid = await until(() => installerPid(admin), { what: "installer" });

    await admin.query("select pg_terminate_backend($1)", [pid]);
    const killed = await installing;
    await blocker.query("rollback");

    expect(killed.status).toBe(1);
    expect((await admin.query("select to_regproc('pgq.version') as f")).rows).toEqual([{ f: null }]);
    expect((await runCli(["install", "pgq", "--db", db.url])).status).toBe(0);
  });

  test("the printed script does the same through a plain client, twice", async () => {
    await using db = await createDatabase(major, "template1");
    const client = await db.connect();
    const { stdout: script } = await runCli(["sql", "pgq"]);

    await client.query(script);
    await client.query(script);
    const doctor = await runCli(["doctor", "--db", db.url]);

    expect(doctor).toMatchObject({ status: 0, stderr: "" });
  });
});

describe.each(majors())("installing as owner of the database on PostgreSQL %i", (major) => {
  test("a role that is no superuser installs, doctors and uninstalls", async () => {
    await using db = await createDatabase(major, "template1");
    const url = await asOwner(db, `owner_${db.name}`, "");

    expect(await runCli(["install", "pgq", "--db", url])).toMatchObject({ status: 0 });
    expect(await runCli(["doctor", "--db", url])).toMatchObject({ status: 0 });
    expect(await runCli(["uninstall", "pgq", "--db", url])).toMatchObject({ status: 0 });
  });

  test("a role without rights gets the statements for an administrator", async () => {
    await using db = await createDatabase(major, "template1");
    const user = `nobody_${db.name}`;
    const admin = await db.connect();
    await admin.query(`create role ${user} login`);

    const { status, stderr } = await runCli(["install", "pgq", "--db", withUser(db.url, user)]);

    expect(status).toBe(1);
    expect(stderr).toContain(`HINT: an administrator runs: grant create on database ${db.name} to ${user};`);
    await admin.query(`drop role ${user}`);
  });

  test("a role that does not own what is there gets the statements for an administrator", async () => {
    await using db = await createDatabase(major);
    const user = `other_${db.name}`;
    const url = await asOwner(db, user, "");

    const { status, stderr } = await runCli(["install", "pgq", "--db", url]);

    expect(status).toBe(1);
    expect(stderr).toContain(`alter schema pgq owner to ${user};`);
  });
});

describe.each(majors())("what cannot be taken over on PostgreSQL %i", (major) => {
  test.each([
    { name: "a schema of that name with other tables", sql: "create table pgq.mine (a int)", message: "is not a PgQ" },
    {
      name: "a PgQ of version 2.1",
      sql: `create table pgq.queue (queue_id int); create table pgq.consumer (); create table pgq.subscription ();
            create table pgq.tick (); create table pgq.event_template (); create table pgq.retry_queue ();
            create function pgq.version() returns text as $$ select '2.1.8'::text $$ language sql`,
      message: "older than 3.2",
    },
  ])("$name is refused, and left as it is", async ({ sql, message }) => {
    await using db = await createDatabase(major, "template1");
    const client = await db.connect();
    await client.query(`create schema pgq; ${sql}`);
    const count = "select count(*) from pg_class where relnamespace = 'pgq'::regnamespace";
    const before = await client.query(count);

    const { status, stderr } = await runCli(["install", "pgq", "--db", db.url]);
    const dry = await runCli(["install", "pgq", "--db", db.url, "--dry-run"]);

    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(dry).toMatchObject({ status: 1, stdout: "" });
    expect((await client.query(count)).rows).toEqual(before.rows);
  });
});

test.each(majors())("two databases of PostgreSQL %i without the roles can be installed at once", async (major) => {
  await using one = await createDatabase(major, "template1");
  await using two = await createDatabase(major, "template1");

  const results = await Promise.all([one, two].map((db) => runCli(["install", "pgq", "--db", db.url])));

  expect(results.map(({ status }) => status)).toEqual([0, 0]);
  expect(serverUrl(major)).toContain("postgresql://");
});

async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return Number(rows[0]?.n);
}

async function installerPid(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity
      where datname = current_database() and application_name = 'skytools' and wait_event_type = 'Lock'`,
  );
  return rows[0]?.pid ?? null;
}

async function asOwner(db: TestDatabase, role: string, attributes: string): Promise<string> {
  const admin = await db.connect();
  await admin.query(`create role ${role} login ${attributes}; alter database ${db.name} owner to ${role}`);
  return withUser(db.url, role);
}

function withUser(url: string, user: string): string {
  const changed = new URL(url);
  changed.username = user;
  return changed.href;
}
