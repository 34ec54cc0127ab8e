import { describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

/** A queue `q` with a consumer `c`, five ticks with two events before each but the first. */
async function filledQueue(database: TestDatabase) {
  const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
  await cli("queue", "create", "q");
  await cli("consumer", "register", "q", "c");
  const db = await database.connect();
  for (let tick = 2; tick <= 5; tick += 1) {
    await db.query("select pgq.insert_event('q', 't', 'a'), pgq.insert_event('q', 't', 'b')");
    await db.query("update pgq.tick set tick_time = tick_time - interval '10 min'"); // so that times differ
    await cli("queue", "tick", "q");
  }
  return { cli, db };
}

describe.each(endMajors())("skytools consumer on PostgreSQL %i", (major) => {
  test("a consumer is registered, listed, shown and removed, and removing asks first", async () => {
    await using database = await createDatabase(major);
    const { cli } = await filledQueue(database);

    expect((await cli("consumer", "register", "q", "c")).stdout).toContain("was registered, and stays where it is");
    expect((await cli("consumer", "list")).stdout).toMatch(/^q +c .*- +0 +0$/m);
    expect((await cli("consumer", "show", "q", "c")).stdout).toMatch(/^position +tick 1$/m);

    const asked = await cli("consumer", "unregister", "q", "c");
    expect(asked.status).toBe(2);
    expect(asked.stderr).toMatch(/would lose its position in queue q, about \d+ pending events, 0 retry events/);
    expect((await cli("consumer", "unregister", "q", "c", "--yes")).stdout).toBe("consumer c of queue q removed\n");
    expect((await cli("consumer", "unregister", "q", "c", "--yes")).stderr).toContain(
      "consumer c is not registered on queue q",
    );
    expect((await cli("consumer", "list", "q")).stdout).toBe("no consumers are registered\n");
  });

  test("a new consumer starts where it is told, one that is registered does not move", async () => {
    await using database = await createDatabase(major);
    const { cli } = await filledQueue(database);
    const position = async (consumer: string) => {
      const { stdout } = await cli("consumer", "show", "q", consumer, "--json");
      return (JSON.parse(stdout) as { lastTick: number }).lastTick;
    };

    await cli("consumer", "register", "q", "first", "--first");
    await cli("consumer", "register", "q", "third", "--tick", "3");
    await cli("consumer", "register", "q", "ago", "--ago", "15min");
    await cli("consumer", "register", "q", "third", "--first");

    expect(await Promise.all(["first", "third", "ago"].map(position))).toEqual([1, 3, 3]);
  });

  test("a consumer is put where another one is, and not where one has no place", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await filledQueue(database);
    const tickOf = async (consumer: string) => {
      const { stdout } = await cli("consumer", "show", "q", consumer, "--json");
      return (JSON.parse(stdout) as { lastTick: number }).lastTick;
    };
    await db.query("select pgq.next_batch('q', 'c')");

    await cli("consumer", "register", "q", "d", "--like", "c");
    expect(await tickOf("d")).toBe(2); // past the open batch
    await cli("consumer", "register", "q", "newest");
    expect((await cli("consumer", "seek", "q", "newest", "--like", "d")).status).toBe(0);
    expect(await tickOf("newest")).toBe(2);
    expect((await cli("consumer", "seek", "q", "d", "--like", "cc")).stderr).toContain("did you mean c?");
    expect((await cli("consumer", "seek", "q", "d", "--like", "c", "--last")).stderr).toContain("more than one place");
  });

  test("seeking back needs no confirmation, forward it does, and the message says what would be lost", async () => {
    await using database = await createDatabase(major);
    const { cli } = await filledQueue(database);

    const asked = await cli("consumer", "seek", "q", "c", "--last");
    expect(asked.status).toBe(2);
    expect(asked.stderr).toMatch(/consumer c of queue q would never get about \d+ events/);
    expect((await cli("consumer", "seek", "q", "c", "--last", "--yes")).stdout).toMatch(
      /moved from tick 1 to 5 \(.*skipped/,
    );
    expect((await cli("consumer", "seek", "q", "c", "--tick", "4")).stdout).toMatch(
      /moved from tick 5 to 4 .*about \d+ events will be delivered again/,
    );
  });

  test("a place that is not kept is answered with the oldest and the newest one", async () => {
    await using database = await createDatabase(major);
    const { cli } = await filledQueue(database);

    const { status, stderr } = await cli("consumer", "seek", "q", "c", "--tick", "99");
    expect(status).toBe(1);
    expect(stderr).toContain("queue q has no tick 99");
    expect(stderr).toMatch(/HINT: the oldest is 1 of .*, the newest 5 of /);
    expect((await cli("consumer", "seek", "q", "c", "--time", "1999-01-01")).stderr).toContain("as old as 1999-01-01");
  });

  test("skipping passes the open batch, whose worker then cannot finish it", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await filledQueue(database);
    const { rows } = await db.query<{ batch: string }>("select pgq.next_batch('q', 'c')::text as batch");
    const batch = rows[0]!.batch;

    const asked = await cli("consumer", "skip", "q", "c");
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain(`lose its open batch ${batch}`);
    expect((await cli("consumer", "skip", "q", "c", "--yes")).stdout).toContain("moved from tick 1 to 2");
    const finished = await db.query<{ n: number }>("select pgq.finish_batch($1) as n", [batch]);
    expect(finished.rows[0]!.n).toBe(0);
    expect((await cli("consumer", "skip", "q", "c", "--batches", "2", "--yes")).stdout).toContain("from tick 2 to 4");
    expect((await cli("consumer", "skip", "q", "c", "--batches", "9", "--yes")).stdout).toContain("from tick 4 to 5");
    expect((await cli("consumer", "skip", "q", "c", "--yes")).stderr).toContain("queue q has no tick after 5");
  });

  test("a member of a group has no position of its own to be moved", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await filledQueue(database);
    await runCli(["install", "pgq_coop", "--db", database.url]);
    await db.query("select pgq_coop.register_subconsumer('q', 'c', 'w1')");

    expect((await cli("consumer", "show", "q", "c.w1")).stdout).toMatch(/^group +c$/m);
    expect((await cli("consumer", "seek", "q", "c.w1", "--first")).stderr).toContain("is a member of c");
    expect((await cli("consumer", "unregister", "q", "c", "--yes")).stdout).toContain("with 1 cooperating consumer");
  });
});
