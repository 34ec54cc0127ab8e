import { existsSync } from "node:fs";
import pg from "pg";
import { expect, test } from "vitest";
import { startCluster } from "../../src/testing/index.ts";

test("a stopped cluster leaves neither process nor directory behind", async () => {
  const cluster = await startCluster({ major: 18 });
  const client = new pg.Client(cluster.url());
  await client.connect();
  const { rows } = await client.query("select 1 as one");
  await client.end();

  await cluster.stop();

  expect(rows).toEqual([{ one: 1 }]);
  expect(existsSync(cluster.dataDirectory)).toBe(false);
});
