// pgbench's own database and traffic, which we did not make up, through our Londiste. SKYTOOLS_PGBENCH_SCALE and
// SKYTOOLS_PGBENCH_SECONDS: more of both.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { debianBinaries } from "../harness/debian-packages.ts";
import { createOurSet } from "../harness/our-set.ts";

const scale = process.env["SKYTOOLS_PGBENCH_SCALE"] ?? "1";
const seconds = process.env["SKYTOOLS_PGBENCH_SECONDS"] ?? "5";

const run = promisify(execFile);
const pgbench = (...words: readonly string[]): Promise<unknown> =>
  run(`${debianBinaries}/bin/pgbench`, words, { env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" } });

const TABLES = ["pgbench_accounts", "pgbench_branches", "pgbench_tellers"];

test("pgbench's tables are copied and followed through a branch while it runs", async () => {
  await using set = await createOurSet({
    nodes: [
      { name: "root", role: "root" },
      { name: "branch", role: "branch", provider: "root" },
      { name: "leaf", role: "leaf", provider: "branch" },
    ],
  });
  const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
  await pgbench("-i", "-q", "-s", scale, root.database.url);
  for (const node of [branch, leaf]) await pgbench("-i", "-I", "tp", node.database.url);
  await root.run("add-table", ...TABLES);

  const traffic = pgbench("-n", "-c", "2", "-T", seconds, root.database.url);
  for (const node of [branch, leaf]) {
    await node.run("add-table", ...TABLES);
    await node.run("wait-sync", "--timeout=120");
  }
  await traffic;

  for (const node of [branch, leaf]) {
    expect((await node.attempt("compare")).status).toBe(0);
    expect(node.workerLog()).not.toMatch(/ERROR/);
  }
});
