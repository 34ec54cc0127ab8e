// Starts one server for each PostgreSQL major under test and hands their addresses to the test files.
// SKYTOOLS_TEST_MAJORS=15,18 narrows the run. The template database `pgq_template` holds a fresh PgQ.
import type { TestProject } from "vitest/node";
import pg from "pg";
import { renderSchema } from "../../src/pgq/index.ts";
import type { Cluster } from "../../src/testing/index.ts";
import { startQuietCluster } from "./quiet-cluster.ts";

export interface ServerAddress {
  readonly major: number;
  readonly url: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    servers: readonly ServerAddress[];
  }
}

const ALL_MAJORS = [14, 15, 16, 17, 18];

let clusters: Promise<readonly Cluster[]> | null = null;
let users = 0;

/** Called once for each vitest project; the projects of one run share the servers. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  clusters ??= Promise.all(chosenMajors().map(startServer));
  const started = await clusters;
  project.provide(
    "servers",
    started.map((c) => ({ major: c.major, url: c.url() })),
  );

  return async () => {
    users -= 1;
    if (users === 0) await Promise.all(started.map((c) => c.stop()));
  };
}

function chosenMajors(): readonly number[] {
  const chosen = process.env["SKYTOOLS_TEST_MAJORS"];
  return chosen === undefined || chosen === "" ? ALL_MAJORS : chosen.split(",").map(Number);
}

async function startServer(major: number): Promise<Cluster> {
  const cluster = await startQuietCluster({
    major,
    settings: { max_connections: "200", max_prepared_transactions: "10" },
  });
  const client = new pg.Client(cluster.url());
  await client.connect();
  await client.query("create database pgq_template");
  await client.end();

  const template = new pg.Client(cluster.url("pgq_template"));
  await template.connect();
  await template.query(renderSchema("pgq"));
  await template.end();
  return cluster;
}
