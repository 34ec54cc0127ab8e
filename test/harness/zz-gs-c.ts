import pg from "pg";
import { startCluster } from "../../src/testing/index.ts";
export default async function setup(project: any) {
  const cluster = await startCluster({ binaries: "/usr/lib/postgresql/15", settings: { max_connections: "100" } });
  const c = new pg.Client(cluster.url());
  await c.connect();
  await c.query("create database pgq_template");
  await c.end();
  const t = new pg.Client(cluster.url("pgq_template"));
  await t.connect();
  await t.query("create extension pgq");
  await t.end();
  project.provide("servers", [{ major: 15, url: cluster.url() }]);
  return () => cluster.stop();
}
