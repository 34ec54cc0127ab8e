// The command installs, renews and removes the schemas beside pgq.
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { value } from "../harness/sessions.ts";

const schemas = ["pgq_coop", "pgq_ext"];

describe.each(majors())("installing beside pgq on PostgreSQL %i", (major) => {
  test.each(schemas)(
    "skytools install %s makes the schema, and the second time finds nothing to do",
    async (schema) => {
      await using database = await createDatabase(major);

      const first = await runCli(["install", schema, "--db", database.url, "--json"]);
      const second = await runCli(["install", schema, "--db", database.url, "--json"]);

      expect(JSON.parse(first.stdout)).toMatchObject({ outcome: "fresh" });
      expect(JSON.parse(second.stdout)).toMatchObject({ outcome: "unchanged", functionsChanged: [] });
    },
  );

  test("pgq_ext goes into a database without pgq, pgq_coop does not", async () => {
    await using database = await createDatabase(major, "template1");

    const ext = await runCli(["install", "pgq_ext", "--db", database.url]);
    const coop = await runCli(["install", "pgq_coop", "--db", database.url]);

    expect(ext.status).toBe(0);
    expect(coop.status).not.toBe(0);
    expect(coop.stderr).toContain("pgq_coop needs pgq");
  });

  test("positions in tables of 2.1 are taken over by skytools install pgq_ext", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    await client.query(`
      create schema pgq_ext;
      create table pgq_ext.completed_batch (consumer_id text primary key, last_batch_id bigint not null);
      create table pgq_ext.completed_tick (consumer_id text primary key, last_tick_id bigint not null);
      create table pgq_ext.partial_batch (consumer_id text primary key, cur_batch_id bigint not null);
      create table pgq_ext.completed_event (consumer_id text, batch_id bigint, event_id bigint,
        primary key (consumer_id, batch_id, event_id));
      insert into pgq_ext.completed_tick values ('serial', 20)`);

    const { status } = await runCli(["install", "pgq_ext", "--db", database.url]);

    expect(status).toBe(0);
    expect(await value(client, "select pgq_ext.get_last_tick('serial')")).toBe("20");
  });

  test("a schema pgq_ext that is something else is refused and left alone", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    await client.query("create schema pgq_ext; create table pgq_ext.mine ()");

    const { status, stderr } = await runCli(["install", "pgq_ext", "--db", database.url]);

    expect(status).not.toBe(0);
    expect(stderr).toContain("schema pgq_ext exists and is not that of PgQ");
    expect(await value(client, "select count(*)::int from pg_class where relnamespace = 'pgq_ext'::regnamespace")).toBe(
      1,
    );
  });

  test.each(schemas)("a role without the right to create a schema is told how to get %s", async (schema) => {
    await using database = await createDatabase(major);
    const client = await database.connect();
    const role = `${database.name}_role`;
    await client.query(`create role ${role} login in role pgq_admin`);
    const url = new URL(database.url);
    url.username = role;

    const { status, stderr } = await runCli(["install", schema, "--db", url.href]);

    expect(status).not.toBe(0);
    expect(stderr).toContain(`grant create on database ${database.name} to ${role}`);
    await client.query(`drop role ${role}`);
  });

  test.each(schemas)("skytools uninstall %s removes the schema and leaves pgq", async (schema) => {
    await using database = await createDatabase(major);
    await runCli(["install", schema, "--db", database.url]);
    const client = await database.connect();

    const { status } = await runCli(["uninstall", schema, "--db", database.url]);

    expect(status).toBe(0);
    const { rows } = await client.query("select to_regnamespace($1) as schema, pgq.version()", [schema]);
    expect(rows).toEqual([{ schema: null, version: "3.5.2" }]);
  });
});
