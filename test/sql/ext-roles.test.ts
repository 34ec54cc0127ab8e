// Who may call what in pgq_ext, and that the caller's search_path has no say.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { asRole, setHostileSearchPath, value } from "../harness/sessions.ts";

const calls = [
  "is_batch_done('c', 1)",
  "is_batch_done('c', 's', 1)",
  "set_batch_done('c', 1)",
  "set_batch_done('c', 's', 1)",
  "get_last_tick('c')",
  "get_last_tick('c', 's')",
  "set_last_tick('c', 1)",
  "set_last_tick('c', 's', 1)",
  "set_last_tick('c', 's', null)",
  "is_event_done('c', 1, 1)",
  "is_event_done('c', 's', 1, 1)",
  "set_event_done('c', 1, 1)",
  "set_event_done('c', 2, 1)",
  "set_event_done('c', 's', 1, 1)",
  "forget_consumer('c')",
  "forget_consumer('c', 's')",
];

describe.each(majors())("rights of pgq_ext on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let writer: string;
  let nobody: string;

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "template1", ["pgq_ext"]);
    writer = `${database.name}_writer`;
    nobody = `${database.name}_nobody`;
    const client = await database.connect();
    await client.query(`create role ${writer} in role pgq_writer; create role ${nobody}`);
  });
  afterAll(async () => {
    const client = await database.connect();
    await client.query(`drop role ${writer}; drop role ${nobody}`);
    await database.drop();
  });

  test.each(calls)("a member of pgq_writer, and nobody else, may call pgq_ext.%s", async (call) => {
    const client = await database.connect();

    await asRole(client, writer, () => client.query(`select pgq_ext.${call}`));
    const refused = asRole(client, nobody, () => client.query(`select pgq_ext.${call}`));

    await expect(refused).rejects.toThrow(/permission denied for function/);
  });

  test("everybody may ask for the version of pgq_ext", async () => {
    const client = await database.connect();

    const version = await asRole(client, nobody, () => value(client, "select pgq_ext.version()"));

    expect(version).toBe("3.1");
  });

  test.each(["completed_tick", "completed_batch", "completed_event", "partial_batch"])(
    "a member of pgq_writer reaches table pgq_ext.%s through functions only",
    async (table) => {
      const client = await database.connect();

      const refused = asRole(client, writer, () => client.query(`select from pgq_ext.${table}`));

      await expect(refused).rejects.toThrow(/permission denied for table/);
    },
  );

  test("a member of pgq_writer cannot change the tables by upgrade_schema", async () => {
    const client = await database.connect();
    await client.query("alter table pgq_ext.completed_tick alter subconsumer_id drop default");

    const refused = asRole(client, writer, () => client.query("select pgq_ext.upgrade_schema()"));

    await expect(refused).rejects.toThrow(/must be owner of table completed_tick/);
    expect(await value(client, "select pgq_ext.upgrade_schema()")).toBe(1);
  });

  test("functions of pgq_ext do not look for anything in the caller's search_path", async () => {
    const client = await database.connect();
    await setHostileSearchPath(client);

    for (const call of calls) await client.query(`select pgq_ext.${call}`);

    expect(await value(client, "select pgq_ext.upgrade_schema()")).toBe(0);
  });

  test("each function of pgq_ext pins its search_path", async () => {
    const client = await database.connect();

    const { rows } = await client.query(`
      select oid::regprocedure::text from pg_proc
       where pronamespace = 'pgq_ext'::regnamespace
         and proconfig is distinct from '{"search_path=pg_catalog, pg_temp"}'`);

    expect(rows).toEqual([]);
  });
});
