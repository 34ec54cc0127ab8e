// Every case of pgq-triggers.json puts the recorded events into the queue.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { cleanUp, playCase, type TriggerCase } from "./trigger-cases.ts";
import { triggerDeviations } from "./trigger-deviations.ts";
import { readVectors, SESSION_SETTINGS } from "./vector-files.ts";

const cases = readVectors<TriggerCase>("pgq-triggers.json");

test("only cases marked as a quirk of the reference are allowed another result", () => {
  const quirks = new Set(cases.filter((c) => c.quirk === true).map((c) => c.name));

  expect(Object.keys(triggerDeviations).filter((name) => !quirks.has(name))).toEqual([]);
});

const runs = majors().flatMap((major) => [
  { major, how: "general code", isGenerated: false },
  { major, how: "generated functions", isGenerated: true },
]);

describe.each(runs)("on PostgreSQL $major, $how", ({ major, isGenerated }) => {
  let db: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    db = await createDatabase(major);
  });
  // a session of its own: one that has seen hundreds of tables come and go gets slower and slower
  beforeEach(async () => {
    client = await db.connect();
  });
  afterEach(async () => {
    await cleanUp(client);
    await client.end();
  });
  afterAll(() => db.drop());

  test.each(cases.map((c) => [c.name, c.about, c] as const))("%s: %s", async (name, _about, vector) => {
    await client.query(SESSION_SETTINGS);

    const got = await playCase(client, vector, isGenerated);

    const { events, error, check } = { ...vector, ...triggerDeviations[name]?.result };
    expect(got.error).toEqual(error && { at: error.at, message: error.message });
    expect(got.events).toEqual(events);
    expect(got.checks).toEqual((check ?? []).map((c) => c.rows));
  });
});
