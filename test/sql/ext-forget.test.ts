// Removing what is stored about retired consumers, and names that would break careless SQL.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { value } from "../harness/sessions.ts";

const oddNames = ["o'neil", 'say "hi"', "a.b", "%s $1 \\", "", " ", "Größe 漢字", "x".repeat(2000)];

const REMEMBER = `select pgq_ext.set_batch_done($1, $2, 1), pgq_ext.set_last_tick($1, $2, 2),
                         pgq_ext.set_event_done($1, $2, 3, 4), pgq_ext.set_event_done($1, $2, 3, 5)`;
const KNOWN = `select pgq_ext.is_batch_done($1, $2, 1) and pgq_ext.get_last_tick($1, $2) = 2
                  and pgq_ext.is_event_done($1, $2, 3, 4)`;

describe.each(majors())("forgetting consumers of pgq_ext on PostgreSQL %i", (major) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "template1", ["pgq_ext"]);
  });
  afterAll(() => database.drop());

  test("forgetting a consumer removes its rows and leaves its subconsumers", async () => {
    const client = await database.connect();
    await client.query(REMEMBER, ["retired", ""]);
    await client.query(REMEMBER, ["retired", "s1"]);

    const removed = await value(client, "select pgq_ext.forget_consumer('retired')");

    expect(removed).toBe(5);
    expect(await value(client, "select pgq_ext.get_last_tick('retired')")).toBe(null);
    expect(await value(client, KNOWN, ["retired", "s1"])).toBe(true);
  });

  test("forgetting with a NULL subconsumer removes the whole group and nobody else", async () => {
    const client = await database.connect();
    await client.query(REMEMBER, ["crew", "a"]);
    await client.query(REMEMBER, ["crew", "b"]);
    await client.query(REMEMBER, ["other", "a"]);

    const removed = await value(client, "select pgq_ext.forget_consumer('crew', null)");

    expect(removed).toBe(10);
    expect(await value(client, KNOWN, ["other", "a"])).toBe(true);
  });

  test("forgetting an unknown or NULL consumer removes nothing", async () => {
    const client = await database.connect();

    const removed = await client.query(
      "select pgq_ext.forget_consumer('never seen') as unknown, pgq_ext.forget_consumer(null, null) as missing",
    );

    expect(removed.rows).toEqual([{ unknown: 0, missing: 0 }]);
  });

  test.each(oddNames)("consumer and subconsumer may be called %j", async (name) => {
    const client = await database.connect();

    await client.query(REMEMBER, [name, `${name}!`]);

    expect(await value(client, KNOWN, [name, `${name}!`])).toBe(true);
    expect(await value(client, "select pgq_ext.forget_consumer($1, $2)", [name, `${name}!`])).toBe(5);
  });
});
