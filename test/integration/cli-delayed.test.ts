import { describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";

async function setUp(database: TestDatabase) {
  const cli = (...argv: string[]) => runCli([...argv, "--db", database.url]);
  await cli("queue", "create", "q");
  await cli("consumer", "register", "q", "c");
  const sendLater = async (data: string, ...when: string[]) => {
    const { stdout } = await cli("event", "insert", "q", "t", data, ...when);
    return stdout.trim();
  };
  return { cli, sendLater, db: await database.connect() };
}

describe.each(majors())("delayed events by command on PostgreSQL %i", (major) => {
  test("they are listed with the next one first, taken back by their ids, and come when they are due", async () => {
    await using database = await createDatabase(major);
    const { cli, sendLater, db } = await setUp(database);
    const late = await sendLater("late", "--delay", "2h");
    const soon = await sendLater("soon", "--at", "2100-01-01", "--extra1", "x");
    const due = await sendLater("due", "--delay", "1min");
    await db.query("update pgq.delayed_event set de_due = '2001-01-01' where ev_id = $1", [due]);

    const listed = JSON.parse((await cli("event", "delayed", "q", "--json")).stdout) as { data: string }[];
    expect(listed.map(({ data }) => data)).toEqual(["due", "late", "soon"]);
    expect(JSON.parse((await cli("event", "delayed", "--limit", "1", "--json")).stdout)).toHaveLength(1);
    expect((await cli("event", "delayed")).stdout).toMatch(/^q +\d+ +2001-01-01 00:00:00 +now +t +due\n/m);

    expect((await cli("event", "cancel", "q", late, soon)).stdout).toBe("2 events cancelled\n");
    await db.query("select pgq.maint_delayed_events()");
    expect((await cli("event", "delayed", "q")).stdout).toBe("no delayed events\n");
    expect((await cli("event", "list", "q")).stdout).toMatch(new RegExp(`^ *${due} .* due +-$`, "m"));
  });

  test("cancelling takes all events that are named, or none", async () => {
    await using database = await createDatabase(major);
    const { cli, sendLater } = await setUp(database);
    const id = await sendLater("x", "--delay", "1h");

    const refused = await cli("event", "cancel", "q", id, "999999");
    expect([refused.status, refused.stderr]).toEqual([
      1,
      "skytools: queue q has no delayed event 999999; nothing was cancelled\nHINT: it may be in the queue already: skytools event show q 999999\n",
    ]);
    expect((await cli("event", "cancel", "qq", id)).stderr).toContain("there is no queue qq");
    expect((await cli("event", "cancel", "q", "x")).status).toBe(2);
    expect(JSON.parse((await cli("event", "cancel", "q", id, id, "--json")).stdout)).toEqual({
      queue: "q",
      cancelled: [Number(id)],
    });
  });

  test("queue, status and why tell of delayed events, and of those that should have come", async () => {
    await using database = await createDatabase(major);
    const { cli, sendLater, db } = await setUp(database);
    await sendLater("x", "--delay", "3h");

    expect((await cli("queue", "show", "q")).stdout).toMatch(/^delayed +1, the next in (3h 00m|2h 59m)$/m);
    expect((await cli("queue", "list")).stdout).toMatch(/^QUEUE .* DELAYED /);
    expect((await cli("queue", "drop", "q")).stderr).toContain("1 delayed event ");
    expect((await cli("why", "q", "c")).stdout).toContain(
      "1 event of queue q was sent for later; the next comes in 3 h",
    );
    expect((await cli("status", "--check")).status).toBe(0);

    await db.query("update pgq.delayed_event set de_due = now() - interval '1 hour'");
    const late = "problem: 1 delayed event of queue q is long due";
    expect(await cli("status", "--check")).toMatchObject({
      status: 3,
      stdout: expect.stringContaining(late) as string,
    });
    expect(await cli("why", "q")).toMatchObject({ status: 3, stdout: expect.stringContaining(late) as string });
  });
});
