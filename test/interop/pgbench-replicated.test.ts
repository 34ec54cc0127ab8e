// pgbench's own database and traffic, which we did not make up, through our Londiste.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { debianBinaries } from "../harness/debian-packages.ts";
import { createOurSet } from "../harness/our-set.ts";

const run = promisify(execFile);
const pgbench = (...words: readonly string[]): Promise<unknown> =>
  run(`${debianBinaries}/bin/pgbench`, words, { env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" } });

const TABLES = ["pgbench_accounts", "pgbench_branches", "pgbench_tellers"];

test("pgbench at scale 10 is copied and followed while it runs", async () => {
  await using set = await createOurSet({
    nodes: [
      { name: "root", role: "root" },
      { name: "leaf", role: "leaf", provider: "root" },
    ],
  });
  const [root, leaf] = [set.node("root"), set.node("leaf")];
  await pgbench("-i", "-q", "-s", "10", root.database.url);
  await pgbench("-i", "-I", "tp", leaf.database.url);
  await root.run("add-table", ...TABLES);

  const traffic = pgbench("-n", "-c", "2", "-T", "20", root.database.url);
  await leaf.run("add-table", ...TABLES);
  await leaf.run("wait-sync", "--timeout=120");
  await traffic;

  expect((await leaf.attempt("compare")).status).toBe(0);
  expect(leaf.workerLog()).not.toMatch(/ERROR/);
});
