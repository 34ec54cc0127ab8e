// Every scenario of pgq-api.json gives on our schema what it gave on the reference.
import { describe, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { type Deviations, runScenario, type Scenario } from "./run-scenario.ts";
import { readVectors } from "./vector-files.ts";

/** Steps where we give something else than the reference, because chapter 12 of the specification asks for it. */
const DEVIATIONS: Deviations = {
  // an empty queue_extra_maint breaks the reference; for us it has no entries
  "maint_operations, step 14": { rows: [] },
};

const scenarios = readVectors<Scenario & { readonly about: string }>("pgq-api.json");

describe.each(majors())("on PostgreSQL %i", (major) => {
  test.each(scenarios)("$name: $about", async (scenario) => {
    await using database = await createDatabase(major);

    await runScenario(database, scenario, DEVIATIONS);
  });
});
