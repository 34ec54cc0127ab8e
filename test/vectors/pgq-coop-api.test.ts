// pgq_coop gives the recorded results of pgq_coop 3.1, in a database with pgq. No case is left out.
import { afterAll, beforeAll, describe, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { runScenario, type Scenario } from "./run-scenario.ts";
import { readVectors } from "./vector-files.ts";

const scenarios = readVectors<Scenario>("pgq-coop-api.json");

describe.each(majors())("pgq_coop on PostgreSQL %i", (major) => {
  let template: TestDatabase;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
  });
  afterAll(() => template.drop());

  test.each(scenarios)("$name", async (scenario) => {
    await using database = await createDatabase(major, template.name);

    await runScenario(database, scenario);
  });
});
