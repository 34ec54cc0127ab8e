// londiste gives the recorded results of londiste 3.8, in databases with pgq and pgq_node.
import { afterAll, beforeAll, describe, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { londisteDeviations } from "./londiste-deviations.ts";
import { runScenario, type Scenario } from "./run-scenario.ts";
import { readVectors } from "./vector-files.ts";

const scenarios = readVectors<Scenario>("londiste-api.json");

describe.each(majors())("londiste on PostgreSQL %i", (major) => {
  let template: TestDatabase;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_node", "londiste"]);
  });
  afterAll(() => template.drop());

  test.each(scenarios)("$name", async ({ databases = [""], ...scenario }) => {
    const made = new Map<string, TestDatabase>();
    try {
      for (const name of databases) made.set(name, await createDatabase(major, template.name));
      await runScenario(made, scenario, londisteDeviations(major));
    } finally {
      for (const database of made.values()) await database.drop();
    }
  });
});
