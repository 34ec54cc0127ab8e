// pgq_coop on top of the C extension pgq gives the recorded results too.
import { existsSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { runScenario, type Scenario } from "../vectors/run-scenario.ts";
import { readVectors } from "../vectors/vector-files.ts";

const BINARIES = "/usr/lib/postgresql/15";
const scenarios = readVectors<Scenario>("pgq-coop-api.json");

describe.skipIf(!existsSync(`${BINARIES}/lib/pgq_lowlevel.so`))("pgq_coop over the C extension", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ binaries: BINARIES });
    await execute("postgres", "create database coop_c_template");
    await execute("coop_c_template", "create extension pgq");
    await execute("coop_c_template", renderSchema("pgq_coop"));
  });
  afterAll(() => cluster.stop());

  test.each(scenarios)("recorded case $name", async (scenario) => {
    await execute("postgres", "drop database if exists coop_c");
    await execute("postgres", "create database coop_c template coop_c_template");
    const client = new pg.Client(cluster.url("coop_c"));
    await client.connect();

    try {
      await runScenario({ connect: () => Promise.resolve(client) }, scenario);
    } finally {
      await client.end();
    }
  });

  async function execute(database: string, sql: string): Promise<void> {
    const client = new pg.Client(cluster.url(database));
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
});
