// compare --resume: a comparison that was killed goes on with the tables that are left.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliProgram } from "../../harness/cli-program.ts";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode } from "../../harness/our-set.ts";
import { until } from "../../harness/until.ts";

const SCHEMA = "create table a (id int primary key, v text); create table b (id int primary key, v text)";

describe.each(endMajors())("compare --resume, PostgreSQL %i", (major) => {
  let set: OurSet;
  let leaf: SetNode;

  beforeAll(async () => {
    set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major },
      ],
      schema: SCHEMA,
    });
    const root = set.node("root");
    leaf = set.node("leaf");
    await root.db.query("insert into a values (1, 'a'); insert into b values (1, 'b')");
    await root.run("add-table", "a", "b");
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
  }, 120_000);
  afterAll(() => set[Symbol.asyncDispose]());

  test("passes over the tables that were compared before it was killed, and removes its file at the end", async () => {
    const file = set.folder.file("compare.state");
    const holder = await leaf.database.connect();
    await holder.query("begin; lock table b in access exclusive mode");
    const killed: ChildProcess = spawn(
      process.execPath,
      [...cliProgram, "londiste", leaf.iniFile, "compare", "--resume", file],
      { stdio: "ignore" },
    );
    await until(() => existsSync(file) && readFileSync(file, "utf8").includes('"public.a":'), {
      ...{ timeoutMs: 30_000, what: "the first table to be compared" },
    });
    killed.kill("SIGKILL");
    await once(killed, "close");
    await holder.query("rollback");
    await leaf.db.query("set session_replication_role = replica; delete from a; reset session_replication_role");

    const other = await leaf.attempt("compare", "--resume", file, "--count-only");
    const resumed = await leaf.attempt("compare", "--resume", file);
    const removed = !existsSync(file);
    const anew = await leaf.attempt("compare", "--resume", file, "--json");

    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("with other options")]);
    expect(resumed.status).toBe(0);
    expect(resumed.stdout).toMatch(/public\.a: compared at 20.+Z, before a stop\n[\s\S]*Counting public\.b/);
    expect(removed).toBe(true);
    expect(anew.status).toBe(3);
    expect(JSON.parse(anew.stdout)).toMatchObject({
      tables: [{ table: "public.a", inserts: 1 }, { table: "public.b" }],
    });
  });

  test("a file that is none of its own, or cannot be written, is refused", async () => {
    const refused = await leaf.attempt("compare", "--resume", leaf.iniFile);
    const nowhere = await leaf.attempt("compare", "--resume", set.folder.file("no/such/folder"));

    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("is not a file of compare --resume")]);
    expect([nowhere.status, nowhere.stderr]).toEqual([2, expect.stringContaining("cannot write the file")]);
  });
});
