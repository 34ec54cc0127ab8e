// Every scenario of pgq-api.json gives on our schema what it gave on the reference.
import { afterAll, beforeAll, describe, test } from "vitest";
import { createDatabase, createDatabaseOn, majors } from "../harness/database.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import { type Deviations, runScenario, type Scenario } from "./run-scenario.ts";
import { readVectors } from "./vector-files.ts";

/** Steps where we give something else than the reference, because chapter 12 of the specification asks for it. */
const DEVIATIONS: Deviations = {
  // An empty queue_extra_maint makes the reference fail, and with it the maintenance of all queues: recorded is that
  // error. Chapter 12 says "treat as empty": no client can want the error, and there are no entries to list.
  "maint_operations, step 14": { rows: [] },
};

const scenarios = readVectors<Scenario & { readonly about: string }>("pgq-api.json");
const isRotation = ({ name }: Scenario): boolean => name.startsWith("rotation");

describe.each(majors())("on PostgreSQL %i", (major) => {
  test.each(scenarios.filter((scenario) => !isRotation(scenario)))("$name: $about", async (scenario) => {
    await using database = await createDatabase(major);

    await runScenario(database, scenario, DEVIATIONS);
  });
});

describe.each(majors())("on a PostgreSQL %i where nothing else runs", (major) => {
  let server: PrivateServer;

  beforeAll(async () => {
    server = await startPrivateServer({ major });
    await server.disconnect(); // its database is the template
  });
  afterAll(() => server.stop());

  test.each(scenarios.filter(isRotation))("$name: $about", async (scenario) => {
    await using database = await createDatabaseOn({ major, url: server.cluster.url() }, "postgres");

    await runScenario(database, scenario);
  });
});
