import { describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

/** A queue with two dead letters of consumer c. */
async function withDeadLetters(database: TestDatabase) {
  const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
  await cli("queue", "create", "q");
  await cli("consumer", "register", "q", "c");
  for (const type of ["bad", "worse", "good"]) await cli("event", "insert", "q", type, "x");
  await cli("queue", "tick", "q");
  const db = await database.connect();
  await db.query("select pgq.event_dead(pgq.next_batch('q', 'c'), array[1, 2], array['no \u0001', 'never'])");
  await db.query("select pgq.finish_batch(current_batch) from pgq.get_consumer_info('q', 'c')");
  return { cli, db };
}

describe.each(endMajors())("skytools dlq on PostgreSQL %i", (major) => {
  test("dead letters are listed by page and shown with their reason", async () => {
    await using database = await createDatabase(major);
    const { cli } = await withDeadLetters(database);

    const { stdout } = await cli("dlq", "list", "q");
    expect(stdout).toMatch(/^NUMBER +GIVEN UP +QUEUE +CONSUMER +EVENT +TYPE +REASON\n/);
    expect(stdout).toMatch(/^ +1 .* q +c +1 +bad +no \\u0001$/m);
    const page = JSON.parse((await cli("dlq", "list", "--after", "1", "--json")).stdout) as object[];
    expect(page).toMatchObject([{ deadId: 2, id: 2, type: "worse", reason: "never" }]);
    expect((await cli("dlq", "list", "q", "other")).stdout).toBe("no dead letters\n");
    expect((await cli("dlq", "show", "2")).stdout).toMatch(/^reason +never$/m);
    expect(await cli("dlq", "show", "77")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no dead letter 77") as string,
    });
    expect((await cli("dlq", "list", "qq")).stderr).toContain("there is no queue qq");
  });

  test("a replayed dead letter comes again to its consumer", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await withDeadLetters(database);

    expect((await cli("dlq", "replay", "q", "c", "2")).stdout).toBe("1 event will come again\n");
    await db.query("select pgq.maint_retry_events()");
    await cli("queue", "tick", "q");
    const { rows } = await db.query(
      "select e.ev_id, e.ev_type from (select pgq.next_batch('q', 'c') as b offset 0) n, pgq.get_batch_events(n.b) e",
    );
    expect(rows).toEqual([{ ev_id: "2", ev_type: "worse" }]);
    expect((await cli("dlq", "replay", "q", "c")).stdout).toBe("1 event will come again\n");
    expect((await cli("dlq", "replay", "q", "nobody")).stderr).toContain("consumer nobody is not registered");
  });

  test("purging asks first, and takes what it was told to", async () => {
    await using database = await createDatabase(major);
    const { cli } = await withDeadLetters(database);

    const asked = await cli("dlq", "purge", "q");
    expect([asked.status, asked.stderr]).toEqual([
      2,
      expect.stringContaining("2 dead letters of queue q would be lost") as string,
    ]);
    expect((await cli("dlq", "purge", "q", "--older-than", "1h", "--yes")).stdout).toBe("0 dead letters removed\n");
    expect((await cli("dlq", "purge", "q", "1", "--yes")).stdout).toBe("1 dead letter removed\n");
    expect((await cli("dlq", "purge", "q", "--consumer", "c", "--yes")).stdout).toBe("1 dead letter removed\n");
  });

  test("status, why and top tell of dead letters, also to a reader and after their consumer has gone", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await withDeadLetters(database);
    const user = `dlq_${database.name}`;
    await db.query(`create role ${user} login in role pgq_reader`);
    const asReader = (...argv: string[]) => runCli([...argv, "--db", database.url.replace("postgres@", `${user}@`)]);
    const told = expect.stringMatching(
      /^warning: consumer c of queue q gave up on 2 events, last \d+ s ago\n {4}skytools dlq list q c;/m,
    ) as string;

    try {
      expect((await cli("consumer", "list")).stdout).toMatch(/^QUEUE .* DEAD\nq .* 2$/m);
      expect(await cli("status", "--check")).toMatchObject({ status: 3, stdout: told });
      expect((await cli("status", "--check", "--max-dead", "2")).status).toBe(0);
      expect(await cli("why", "q", "c")).toMatchObject({ status: 0, stdout: told });
      expect(await asReader("why", "q", "c")).toMatchObject({ status: 0, stdout: told });
      expect((await asReader("consumer", "show", "q", "c")).stdout).toMatch(/^dead letters +2$/m);
      await cli("consumer", "unregister", "q", "c", "--yes");
      expect((await cli("status", "--check")).stdout).toEqual(told);
      await cli("dlq", "purge", "q", "--yes");
      expect((await cli("status", "--check")).status).toBe(0);
    } finally {
      await db.query(`drop role ${user}`);
    }
  });
});
