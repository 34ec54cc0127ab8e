import { describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

async function queueWithConsumer(database: TestDatabase) {
  const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
  await cli("queue", "create", "q");
  await cli("consumer", "register", "q", "c");
  return { cli, db: await database.connect() };
}

const ids = (json: string): readonly number[] => (JSON.parse(json) as { id: number }[]).map(({ id }) => id);

describe.each(endMajors())("skytools event on PostgreSQL %i", (major) => {
  test("an event is inserted with all its fields and shown as it was given", async () => {
    await using database = await createDatabase(major);
    const { cli } = await queueWithConsumer(database);
    const data = `{"a": "quote ' and \\ back\\n"}`;

    expect((await cli("event", "insert", "q", "order:paid", data, "--extra1", "x y", "--extra4", "")).stdout).toBe(
      "1\n",
    );
    const [found] = JSON.parse((await cli("event", "show", "q", "1", "--json")).stdout) as object[];
    expect(found).toMatchObject({
      event: { id: 1, type: "order:paid", data, extra1: "x y", extra2: null, extra4: "", retry: null },
      deliveries: [{ consumer: "c", state: "waiting", batch: null }],
    });
  });

  test("each line of standard input becomes an event", async () => {
    await using database = await createDatabase(major);
    const { cli } = await queueWithConsumer(database);
    let stdout = "";
    const sink = { write: (text: string) => (stdout += text) };
    // eslint-disable-next-line @typescript-eslint/require-await
    const stdin = (async function* () {
      yield Buffer.from("eins\nzw");
      yield Buffer.from("ei\n");
    })();

    const argv = ["event", "insert", "q", "line", "--lines", "--db", database.url];
    await main(argv, { stdout: sink, stderr: sink, stdin, env: {}, signal: new AbortController().signal });

    expect(stdout).toBe("2 events inserted\n");
    expect((await cli("event", "list", "q")).stdout).toMatch(/2 .*line +zwei .*\n +1 .*line +eins/);
  });

  test("looking at events consumes nothing", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await queueWithConsumer(database);
    for (const type of ["a", "b", "a"]) await cli("event", "insert", "q", type, "x");
    await cli("queue", "tick", "q");
    await cli("event", "insert", "q", "later");

    const later = 1003 + 2 * 500 + 1; // a tick on demand moves the sequence by twice the count and 1000
    expect(ids((await cli("event", "list", "q", "--json")).stdout).slice(1)).toEqual([3, 2, 1]);
    expect(ids((await cli("event", "list", "q", "-n", "1", "--json")).stdout)[0]).toBeGreaterThanOrEqual(later);
    expect(ids((await cli("event", "list", "q", "--type", "a", "--json")).stdout)).toEqual([3, 1]);
    expect(ids((await cli("event", "list", "q", "--consumer", "c", "--json")).stdout).slice(0, 3)).toEqual([1, 2, 3]);

    const { rows } = await db.query<{ batch: string }>("select pgq.next_batch('q', 'c')::text as batch");
    expect(ids((await cli("event", "list", "q", "--batch", rows[0]!.batch, "--json")).stdout)).toEqual([1, 2, 3]);
    expect((await cli("event", "show", "q", "2")).stdout).toContain("has it in its open batch");
    await db.query("select pgq.finish_batch($1)", [rows[0]!.batch]);
    expect((await cli("event", "show", "q", "2")).stdout).toContain("has passed it");
    expect(ids((await cli("event", "list", "q", "--consumer", "c", "--json")).stdout)).toHaveLength(1);
  });

  test("an event is delivered once more to one consumer alone", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await queueWithConsumer(database);
    await cli("consumer", "register", "q", "other");
    await cli("event", "insert", "q", "t", "again");
    await cli("queue", "tick", "q");
    await cli("consumer", "seek", "q", "c", "--last", "--yes");
    await cli("consumer", "seek", "q", "other", "--last", "--yes");

    expect((await cli("event", "retry", "q", "c", "1", "--delay", "1h")).stdout).toBe("event 1 will come again\n");
    expect((await cli("event", "list", "q", "--retry")).stdout).toMatch(/^c +(1h 00m|59m \d\ds) +1 /m);
    expect((await cli("event", "list", "q", "--retry", "--consumer", "other")).stdout).toBe("nothing waits\n");
    expect((await cli("event", "retry", "q", "c", "1")).stdout).toContain("its time was changed");
    await db.query("select pgq.maint_retry_events()");
    await cli("queue", "tick", "q");

    const events = async (consumer: string) => {
      const { rows } = await db.query<{ ev_id: string; ev_retry: number }>(
        `select e.ev_id, e.ev_retry from (select pgq.next_batch('q', $1) as b offset 0) n, pgq.get_batch_events(n.b) e`,
        [consumer],
      );
      return rows;
    };
    expect(await events("c")).toEqual([{ ev_id: "1", ev_retry: 1 }]);
    expect(await events("other")).toEqual([]);
    expect((await cli("event", "show", "q", "1")).stdout).toContain("does not get it: a retry of another consumer");
  });

  test("an event that is not there is answered with where it may be", async () => {
    await using database = await createDatabase(major);
    const { cli } = await queueWithConsumer(database);

    const { status, stderr } = await cli("event", "show", "q", "77");
    expect(status).toBe(1);
    expect(stderr).toContain("queue q has no event 77");
    expect(stderr).toContain("skytools event list q --retry");
    expect((await cli("event", "retry", "q", "c", "77")).status).toBe(1);
    expect((await cli("event", "insert", "nowhere", "t")).stderr).toContain("there is no queue nowhere");
  });
});
