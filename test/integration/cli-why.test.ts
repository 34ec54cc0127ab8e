import { describe, expect, test } from "vitest";
import type { QueueFinding } from "../../src/pgq/index.ts";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

const OLD = "update pgq.tick set tick_time = tick_time - interval '1 hour'";

async function setUp(database: TestDatabase) {
  const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
  await cli("queue", "create", "q");
  const why = async (...argv: string[]) => {
    const { stdout } = await cli("why", ...argv, "--json");
    return (JSON.parse(stdout) as { findings: QueueFinding[] }).findings;
  };
  const checks = async (...argv: string[]) => (await why(...argv)).map(({ check }) => check);
  return { cli, why, checks, db: await database.connect() };
}

describe.each(endMajors())("skytools why on PostgreSQL %i", (major) => {
  test("names that do not exist are explained with the nearest ones", async () => {
    await using database = await createDatabase(major);
    const { cli, why, checks } = await setUp(database);

    expect(await checks("q")).toEqual(["no-consumer"]);
    await cli("consumer", "register", "q", "mailer");
    expect(await why("qq")).toMatchObject([{ check: "queue-unknown", severity: "problem" }]);
    expect(await why("q", "maler")).toMatchObject([{ check: "consumer-unknown", cure: "did you mean mailer?" }]);
    expect((await cli("why", "q", "maler")).status).toBe(3);
  });

  test("a database without PgQ is explained, not an error", async () => {
    await using database = await createDatabase(major, "template1");

    const { status, stdout } = await runCli(["why", "q", "--db", database.url]);
    expect([status, stdout]).toEqual([3, expect.stringContaining("there is no PgQ in this database") as string]);
  });

  test("on its way an event is found uncommitted, without a tick, unfetched, in a batch, and passed", async () => {
    await using database = await createDatabase(major);
    const { cli, why, checks, db } = await setUp(database);
    await cli("consumer", "register", "q", "c");
    expect(await checks("q", "c")).toEqual(["no-events"]);

    await db.query("begin");
    await db.query("select pgq.insert_event('q', 't', 'd')");
    const open = await why("q", "c");
    expect(open.map(({ check }) => check)).toEqual(["transaction-open", "no-events"]);
    expect(open[0]!.message).toMatch(/a transaction of process \d+ .*has written into queue q and not committed/);
    await db.query("commit");
    expect(await checks("q", "c")).toEqual(["not-ticked"]);

    await cli("queue", "tick", "q");
    expect(await checks("q", "c")).toEqual(["not-fetching"]);
    await db.query("select pgq.next_batch('q', 'c')");
    expect(await checks("q", "c")).toEqual(["batch-open"]);
    await db.query("select pgq.finish_batch(current_batch) from pgq.get_consumer_info('q', 'c')");
    expect(await why("q", "c")).toMatchObject([{ check: "at-end", severity: "info" }]);
  });

  test("a consumer that was registered after the events is told how to go back", async () => {
    await using database = await createDatabase(major);
    const { cli, why } = await setUp(database);
    await cli("event", "insert", "q", "t");
    await cli("queue", "tick", "q");
    await cli("consumer", "register", "q", "late");

    const [finding] = await why("q", "late");
    expect(finding).toMatchObject({
      check: "at-end",
      message: expect.stringContaining("registered after them") as string,
    });
    expect(finding!.cure).toContain("skytools consumer seek q late --first");
  });

  test("a queue that gets no ticks says why: no ticker, paused, external, a long max_lag", async () => {
    await using database = await createDatabase(major);
    const { cli, checks, db } = await setUp(database);
    await cli("consumer", "register", "q", "c");
    await db.query("select pgq.insert_event('q', 't', 'd'), pgq.insert_event('q', 't', 'd')");

    await cli("queue", "set", "q", "ticker_max_lag=1h", "ticker_idle_period=2h");
    expect(await checks("q")).toEqual(["waits-for-tick", "not-ticked"]);
    await db.query(OLD);
    await db.query(OLD);
    await db.query(OLD);
    expect(await checks("q")).toEqual(["no-ticker", "not-ticked"]);
    await cli("queue", "pause", "q");
    expect(await checks("q")).toEqual(["queue-paused", "not-ticked"]);
    await cli("queue", "resume", "q");
    await cli("queue", "set", "q", "external_ticker=yes", "disable_insert=yes");
    expect(await checks("q")).toEqual(["insert-disabled", "external-ticker", "not-ticked"]);
  });

  test("a position that is gone and retries that nobody moves are problems", async () => {
    await using database = await createDatabase(major);
    const { cli, checks, db } = await setUp(database);
    await cli("consumer", "register", "q", "c");
    await db.query(
      "select pgq.event_retry_raw('q', 'c', now() - interval '1 day', null, now(), 1, 't', 'd', '', '', '', '')",
    );
    expect(await checks("q", "c")).toEqual(["retries-wait", "no-events"]);

    await db.query("update pgq.subscription set sub_last_tick = 999");
    expect(await checks("q", "c")).toEqual(["position-lost"]);
  });

  test("a reader that may do nothing but consume gets the same explanations", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await setUp(database);
    await cli("consumer", "register", "q", "c");
    await cli("event", "insert", "q", "t");
    const user = `why_${database.name}`;
    await db.query(`create role ${user} login in role pgq_reader`);
    const url = database.url.replace("postgres@", `${user}@`);
    try {
      const asReader = await runCli(["why", "q", "c", "--db", url]);
      expect(asReader).toMatchObject({ status: 0, stderr: "" });
      expect(asReader.stdout).toContain("is not in a tick yet");
      expect((await runCli(["status", "--db", url])).status).toBe(0);
      await db.query(`revoke pgq_reader from ${user}`);
      expect((await runCli(["why", "q", "c", "--db", url])).stdout).toContain("this role may not consume");
    } finally {
      await db.query(`drop role ${user}`);
    }
  });
});

describe.each(endMajors())("skytools status on PostgreSQL %i", (major) => {
  test("it shows queues, consumers and the ticker, and --check is quiet when all is well", async () => {
    await using database = await createDatabase(major);
    const { cli } = await setUp(database);
    await cli("consumer", "register", "q", "mailer");

    const { status, stdout } = await cli("status");
    expect(status).toBe(0);
    expect(stdout).toContain("ticker: alive, last tick");
    expect(stdout).toMatch(/^q +mailer /m);
    expect(stdout).toContain("nothing needs attention");
    expect(await cli("status", "--check")).toEqual({
      status: 0,
      stdout: `${database.name}: ok, 1 queue, 1 consumer\n`,
      stderr: "",
    });
  });

  test("--check exits with 3 for a late ticker, a consumer that is behind, and too many pending events", async () => {
    await using database = await createDatabase(major);
    const { cli, db } = await setUp(database);
    await cli("consumer", "register", "q", "c");
    await db.query("select pgq.insert_event('q', 't', 'd') from generate_series(1, 10)");
    await cli("queue", "tick", "q");

    expect((await cli("status", "--check", "--max-pending", "100000")).status).toBe(0);
    const pending = await cli("status", "--check", "--max-pending", "5");
    expect(pending.status).toBe(3);
    expect(pending.stdout).toMatch(
      /^problem: consumer c of queue q has about \d+ events before it\n {4}skytools why q c/,
    );

    await db.query(OLD);
    const late = await cli("status", "--check", "--json");
    expect(late.status).toBe(3);
    const health = JSON.parse(late.stdout) as { findings: QueueFinding[]; ticker: object };
    expect(health.findings.map(({ check }) => check)).toEqual(["no-ticker", "consumer-behind"]);
    expect(health.ticker).toMatchObject({ isAlive: false });
    expect((await cli("status")).status).toBe(0);
  });
});
