// Every case of pgq-triggers.json puts the recorded events into the queue.
import type pg from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { cleanUp, playCase, type TriggerCase } from "./trigger-cases.ts";
import { triggerDeviations } from "./trigger-deviations.ts";
import { readVectors, SESSION_SETTINGS } from "./vector-files.ts";

/** A new database costs a third of a second; but each case leaves dead rows in the catalogs, which slow the next ones. */
const CASES_PER_DATABASE = 15;

const cases = readVectors<TriggerCase>("pgq-triggers.json");

test("only cases marked as a quirk of the reference are allowed another result", () => {
  const quirks = new Set(cases.filter((c) => c.quirk === true).map((c) => c.name));

  expect(Object.keys(triggerDeviations).filter((name) => !quirks.has(name))).toEqual([]);
});

describe.each(majors())("on PostgreSQL %i", (major) => {
  let db: TestDatabase | undefined;
  let client: pg.Client;
  let played = 0;

  beforeEach(async () => {
    if (played % CASES_PER_DATABASE === 0) {
      await db?.drop();
      db = await createDatabase(major);
      client = await db.connect();
    }
    played += 1;
  });
  afterEach(() => cleanUp(client));
  afterAll(() => db?.drop());

  test.each(cases.map((c) => [c.name, c.about, c] as const))("%s: %s", async (name, _about, vector) => {
    await client.query(SESSION_SETTINGS);

    const got = await playCase(client, vector);

    const { events, error, check } = { ...vector, ...triggerDeviations[name]?.result };
    expect(got.error).toEqual(error && { at: error.at, message: error.message });
    expect(got.events).toEqual(events);
    expect(got.checks).toEqual((check ?? []).map((c) => c.rows));
  });
});
