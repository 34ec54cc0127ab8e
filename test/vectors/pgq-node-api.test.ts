// pgq_node gives the recorded results of pgq_node 3.5, in databases with pgq. No case is left out.
import { afterAll, beforeAll, describe, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { runScenario, type Scenario } from "./run-scenario.ts";
import { readVectors } from "./vector-files.ts";

const scenarios = readVectors<Scenario>("pgq-node-api.json");

describe.each(majors())("pgq_node on PostgreSQL %i", (major) => {
  let template: TestDatabase;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_node"]);
  });
  afterAll(() => template.drop());

  test.each(scenarios)("$name", async ({ databases = [""], ...scenario }) => {
    const made = new Map<string, TestDatabase>();
    try {
      for (const name of databases) made.set(name, await createDatabase(major, template.name));
      await runScenario(made, scenario);
    } finally {
      for (const database of made.values()) await database.drop();
    }
  });
});
