// Two sessions that both believe to be the same consumer: only one of them may apply a batch or an event.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { backendPid, untilBlocked, value } from "../harness/sessions.ts";

const setters = [
  { what: "batch", sql: "select pgq_ext.set_batch_done('twins', 5)" },
  { what: "event of a new batch", sql: "select pgq_ext.set_event_done('twins', 5, 1)" },
  { what: "event of a known batch", sql: "select pgq_ext.set_event_done('known', 5, 1)" },
];

describe.each(majors())("pgq_ext with two sessions on PostgreSQL %i", (major) => {
  let template: TestDatabase;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "template1", ["pgq_ext"]);
  });
  afterAll(() => template.drop());

  test.each(setters)("the second session with the same $what waits and is told that it is done", async ({ sql }) => {
    await using database = await createDatabase(major, template.name);
    const [first, second] = [await database.connect(), await database.connect()];
    await first.query("select pgq_ext.set_event_done('known', 5, 0)");
    await first.query("begin");
    const firstAnswer = await value(first, sql);

    const pid = await backendPid(second);
    const secondAnswer = value(second, sql);
    await untilBlocked(first, pid);
    await first.query("commit");

    expect([firstAnswer, await secondAnswer]).toEqual([true, false]);
  });

  test.each(setters)("the second session with the same $what goes on when the first rolls back", async ({ sql }) => {
    await using database = await createDatabase(major, template.name);
    const [first, second] = [await database.connect(), await database.connect()];
    await first.query("select pgq_ext.set_event_done('known', 5, 0)");
    await first.query("begin");
    await first.query(sql);

    const pid = await backendPid(second);
    const secondAnswer = value(second, sql);
    await untilBlocked(first, pid);
    await first.query("rollback");

    expect(await secondAnswer).toBe(true);
  });

  test("two sessions store the first tick of a consumer at once without an error", async () => {
    await using database = await createDatabase(major, template.name);
    const [first, second] = [await database.connect(), await database.connect()];
    await first.query("begin");
    await first.query("select pgq_ext.set_last_tick('twins', 7)");

    const pid = await backendPid(second);
    const secondAnswer = value(second, "select pgq_ext.set_last_tick('twins', 8)");
    await untilBlocked(first, pid);
    await first.query("commit");

    expect(await secondAnswer).toBe(1);
    expect(await value(first, "select pgq_ext.get_last_tick('twins')")).toBe("8");
  });

  test("two sessions that go to the next batch at once forget the former one", async () => {
    await using database = await createDatabase(major, template.name);
    const [first, second] = [await database.connect(), await database.connect()];
    await first.query("select pgq_ext.set_event_done('twins', 1, 10)");
    await first.query("begin");
    await first.query("select pgq_ext.set_event_done('twins', 2, 20)");

    const pid = await backendPid(second);
    const secondAnswer = value(second, "select pgq_ext.set_event_done('twins', 2, 21)");
    await untilBlocked(first, pid);
    await first.query("commit");

    expect(await secondAnswer).toBe(true);
    const { rows } = await first.query("select batch_id, event_id from pgq_ext.completed_event order by 1, 2");
    expect(rows).toEqual([
      { batch_id: "2", event_id: "20" },
      { batch_id: "2", event_id: "21" },
    ]);
  });
});
