// Commands that are stopped while a statement of theirs runs, or waits for a lock.
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode } from "../../harness/our-set.ts";
import { startHere } from "../../harness/run-program.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

/** stop_timeout, after which the process ends whatever runs, is 30 s. */
const SOON_MS = 8_000;

describe.each(endMajors())("a command that is stopped on PostgreSQL %i", (major) => {
  let set: OurSet;
  let root: SetNode;
  let leaf: SetNode;

  beforeAll(async () => {
    set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major },
      ],
      schema: "create table t (id int primary key, v text); insert into t values (1, 'x')",
    });
    [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "t");
    await leaf.run("add-table", "t", "--wait-sync", "--timeout=60");
  });
  afterAll(() => set[Symbol.asyncDispose]());

  /** Whether a session of this database waits for that. */
  const isWaiting = async ({ db }: SetNode, event: string): Promise<boolean> =>
    (await value<boolean>(
      db,
      `select exists (select from pg_stat_activity
                       where state = 'active' and datname = current_database() and wait_event = $1)`,
      [event],
    )) === true;

  /** Starts it, stops it when a session of the node waits for that. */
  async function stopped(node: SetNode, words: readonly string[], event: string) {
    const program = startHere(londiste, [node.iniFile, ...words]);
    await until(() => isWaiting(node, event), { timeoutMs: 20_000, what: event });
    const startedAt = performance.now();
    program.signal("SIGTERM");
    const { status, stderr } = await program.ended;
    return { status, stderr, tookMs: performance.now() - startedAt };
  }

  test.each([
    ["compare", []],
    ["repair", ["--apply"]],
  ])("%s ends soon when it waits for a lock, and its statement too", async (command, words) => {
    const other = await leaf.database.connect();
    await other.query("begin; lock table t in access exclusive mode");

    const result = await stopped(leaf, [command, ...words, "t"], "relation");
    const isLeft = await isWaiting(leaf, "relation");
    await other.query("rollback");

    expect(result).toMatchObject({ status: 1 });
    expect(result.tookMs).toBeLessThan(SOON_MS);
    expect(result.stderr).toContain("stopped by a signal");
    expect(isLeft).toBe(false);
  });

  test("execute rolls back a script whose statement runs for long, and sends nothing", async () => {
    const script = set.folder.file("slow.sql");
    writeFileSync(script, "insert into t values (99, 'half'); select pg_sleep(3000);");

    const result = await stopped(root, ["execute", script], "PgSleep");

    expect(result).toMatchObject({ status: 1 });
    expect(result.tookMs).toBeLessThan(SOON_MS);
    expect(await value(root.db, "select count(*)::int4 from t where id = 99")).toBe(0);
    expect(await value(root.db, "select count(*)::int4 from londiste.applied_execute")).toBe(0);
  });
});
