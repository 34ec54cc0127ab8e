import { describe, expect, test } from "vitest";
import { createDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

// Queue names are any text.
const ODD = `Old "queue's".naïve 注文`;

describe.each(endMajors())("skytools queue on PostgreSQL %i", (major) => {
  test("a queue of any name is created with settings, listed, shown and dropped", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);

    const created = await cli("queue", "create", ODD, "ticker_max_lag=200ms", "queue_rotation_period=2 hours");
    expect(created).toEqual({ status: 0, stdout: `queue ${ODD} created\n`, stderr: "" });
    expect((await cli("queue", "create", ODD)).stdout).toBe(`queue ${ODD} was there\n`);

    const listed = await cli("queue", "list");
    expect(listed.stdout).toMatch(/^QUEUE .*TICK AGE/);
    expect(listed.stdout).toContain(ODD);
    expect(listed.stdout).toContain("500/200ms/1min");

    const shown = JSON.parse((await cli("queue", "show", ODD, "--json")).stdout) as object;
    expect(shown).toMatchObject({
      queue: ODD,
      settings: { tickerMaxLagMs: 200, rotationPeriodMs: 7_200_000, perTxLimit: null },
      lastTick: 1,
      consumers: [],
    });
    expect((await cli("queue", "show", ODD)).stdout).toMatch(/^ticker_max_lag +200ms$/m);

    const asked = await cli("queue", "drop", ODD);
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain(`queue ${ODD} has no consumers and`);
    expect(asked.stderr).toContain("HINT: nothing was done; repeat the command with --yes");

    expect(await cli("queue", "drop", ODD, "--yes")).toMatchObject({ status: 0, stdout: `queue ${ODD} dropped\n` });
    expect((await cli("queue", "list")).stdout).toBe("no queues: skytools queue create makes one\n");
  });

  test("a queue with consumers is dropped by --force only, and the message names them", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
    await cli("queue", "create", "q");
    await cli("consumer", "register", "q", "mailer");

    expect((await cli("queue", "drop", "q")).stderr).toContain("1 consumer (mailer)");
    expect(await cli("queue", "drop", "q", "--yes")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("queue q still has consumers: mailer") as string,
    });
    expect((await cli("queue", "drop", "q", "--force")).status).toBe(0);
  });

  test("settings, pauses and ticks of all queues that match a pattern", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
    for (const queue of ["shop.a", "shop.b", "other"]) await cli("queue", "create", queue);

    expect((await cli("queue", "pause", "shop.*")).stdout).toBe("queue shop.a paused\nqueue shop.b paused\n");
    expect((await cli("queue", "resume", "*")).stdout).toBe(
      "queue other was not paused\nqueue shop.a resumed\nqueue shop.b resumed\n",
    );
    await cli("queue", "set", "shop.*", "ticker_max_lag=1s");
    expect((await cli("queue", "list")).stdout.match(/500\/1s\/1min/g)).toHaveLength(2);
    expect(JSON.parse((await cli("queue", "tick", "*.a", "--json")).stdout)).toEqual([{ queue: "shop.a", tick: 2 }]);
    expect(await cli("queue", "pause", "x*")).toEqual({
      status: 1,
      stdout: "",
      stderr: "skytools: no queue matches x*\nHINT: skytools queue list shows the names\n",
    });
  });

  test("maintenance by command moves retries and delayed events, and tells of a step that fails", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
    await cli("queue", "create", "q");
    await cli("consumer", "register", "q", "c");
    const db = await database.connect();
    await cli("event", "insert", "q", "t", "later", "--delay", "1h");
    await db.query("update pgq.delayed_event set de_due = now() - interval '1 minute'");
    await db.query(
      "select pgq.event_retry_raw('q', 'c', now(), null, now(), 1, 't', 'again', '', '', '', '') from generate_series(1, 25)",
    );

    const { status, stdout } = await cli("maintain");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^OPERATION +CALLS +TIME +RESULT\npgq.maint_retry_events\(\) +4 .* done\n/);
    expect((await cli("event", "list", "q", "-n", "100")).stdout.match(/\bagain\b/g)).toHaveLength(25);
    expect((await cli("event", "delayed")).stdout).toBe("no delayed events\n");
    const withoutVacuum = await cli("maintain", "--no-vacuum");
    expect([withoutVacuum.status, withoutVacuum.stdout]).toEqual([0, expect.not.stringContaining("vacuum")]);
    expect((await cli("maintain", "--quiet")).stdout).toBe("");

    await db.query("update pgq.queue set queue_extra_maint = '{public.nothing}'");
    const failed = await cli("maintain");
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/^public.nothing\(q\) .*does not exist/m);
  });

  test("a wrong queue name is answered with the nearest one", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
    await cli("queue", "create", "orders");

    for (const line of ["queue show ordes", "queue pause ordes", "queue tick ordes", "consumer list ordes"]) {
      const { status, stderr } = await cli(...line.split(" "));
      expect([status, stderr]).toEqual([1, "skytools: there is no queue ordes\nHINT: did you mean orders?\n"]);
    }
  });

  test("all settings are changed at once or none is", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
    const settings = async () => {
      const { stdout } = await cli("queue", "show", "q", "--json");
      return (JSON.parse(stdout) as { settings: object }).settings;
    };
    await cli("queue", "create", "q");

    const changed = await cli("queue", "set", "q", "ticker-max-count=7", "disable_insert=yes", "per_tx_limit=3");
    expect(changed.status).toBe(0);
    expect(await settings()).toMatchObject({ tickerMaxCount: 7, disableInsert: true, perTxLimit: 3 });

    const refused = await cli("queue", "set", "q", "ticker_max_count=8", "rotation_period=10ms");
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("from 1000 to") as string });
    await cli("queue", "set", "q", "per_tx_limit=none");
    expect(await settings()).toMatchObject({ tickerMaxCount: 7, perTxLimit: null });
  });

  test("a queue is paused and resumed, twice without harm, and a tick brings what waits", async () => {
    await using database = await createDatabase(major);
    const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
    await cli("queue", "create", "q");

    expect((await cli("queue", "pause", "q")).stdout).toBe("queue q paused\n");
    expect((await cli("queue", "pause", "q")).stdout).toBe("queue q was already paused\n");
    expect(await cli("queue", "tick", "q")).toMatchObject({
      status: 2,
      stderr: "skytools: queue q is paused\nHINT: skytools queue resume q\n",
    });
    expect((await cli("queue", "list")).stdout).toContain("paused");
    expect((await cli("queue", "resume", "q")).stdout).toBe("queue q resumed\n");

    expect((await cli("queue", "tick", "q")).stdout).toBe("tick 2\n");
    expect((await cli("queue", "tick", "q", "--json")).stdout).toBe('{"queue":"q","tick":3}\n');
    expect((await cli("queue", "tick", "q", "--quiet")).stdout).toBe("");
  });

  test("a role without rights is told which role it needs", async () => {
    await using database = await createDatabase(major);
    const admin = await database.connect();
    const user = `reader_${database.name}`;
    await admin.query(`create role ${user} login in role pgq_reader`);
    try {
      await runCli(["queue", "create", "q", "--db", database.url]);
      const url = database.url.replace("postgres@", `${user}@`);

      const refused = await runCli(["queue", "create", "x", "--db", url]);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain("needs the role pgq_admin");
      const ticked = await runCli(["queue", "tick", "q", "--timeout", "0", "--db", url]);
      expect(ticked.stderr).toContain("queue q got no tick\nHINT: no ticker runs");
      expect((await runCli(["queue", "show", "q", "--db", url])).status).toBe(0);
      expect((await runCli(["consumer", "register", "q", "c", "--db", url])).status).toBe(0);
      expect((await runCli(["consumer", "show", "q", "c", "--db", url])).stdout).toContain("only pgq_admin can see");
    } finally {
      await admin.query(`drop role ${user}`);
    }
  });

  test("a database without PgQ is told apart from a mistake", async () => {
    await using database = await createDatabase(major, "template1");

    const { status, stderr } = await runCli(["queue", "list", "--db", database.url]);
    expect(status).toBe(1);
    expect(stderr).toContain("HINT: there is no PgQ in this database");
  });
});
