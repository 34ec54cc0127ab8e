// What holds for every command: JSON on request, clear words for wrong places.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { cliProgram } from "../harness/cli-program.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

/** Each command on a queue q with a consumer c, an event 1 that waits and a delayed one, in an order that works. */
const lines: readonly string[] = [
  "install pgq",
  "doctor",
  "sql pgq",
  "compare",
  "repair",
  "maintain",
  "status",
  "status --check",
  "why q c",
  "queue create q2 ticker_max_lag=1s",
  "queue list",
  "queue show q",
  "queue set q ticker_max_lag=1s",
  "queue pause q",
  "queue resume q",
  "queue tick q",
  "queue drop q2 --yes",
  "consumer register q d",
  "consumer list",
  "consumer show q c",
  "consumer seek q c --first --yes",
  "consumer skip q c --yes",
  "consumer unregister q d --yes",
  "event insert q t data",
  "event list q",
  "event list q --retry",
  "event show q 1",
  "event retry q c 1",
  "event delayed",
  "event cancel q 2",
  "dlq list",
  "dlq show 1",
  "dlq replay q c",
  "dlq purge q --yes",
  "uninstall pgq_ext --dry-run",
];

/** They run until they are stopped. */
const endless = ["dev", "londiste", "pgqd", "setadm", "top", "walmgr"];

async function withQueue(database: TestDatabase): Promise<void> {
  const db = await database.connect();
  await db.query("select pgq.create_queue('q'), pgq.register_consumer('q', 'c')");
  await db.query("select pgq.insert_event('q', 't', 'd')");
  await db.query("select pgq.insert_event_at('q', now() + interval '1 day', 't', 'd')");
  await db.query("select pgq.force_tick('q'), pgq.ticker('q')");
  await db.query("select pgq.event_dead(pgq.next_batch('q', 'c'), array[1], array['no'])");
}

test("the lines below cover every command that ends", () => {
  const covered = commands.filter(({ name }) => lines.some((line) => `${line} `.startsWith(`${name} `)));

  expect([...covered.map(({ name }) => name), ...endless].sort()).toEqual(commands.map(({ name }) => name).sort());
});

describe.each(endMajors())("every command on PostgreSQL %i", (major) => {
  test("prints one line of JSON with --json, and nothing else", async () => {
    await using database = await createDatabase(major);
    await withQueue(database);
    const env = { SKYTOOLS_SOURCE: database.url };
    const wrong: Record<string, unknown> = {};

    for (const line of lines) {
      const { status, stdout, stderr } = await runCli([...line.split(" "), "--json", "--db", database.url], env);
      const isJson = /^[[{].*\n$/.test(stdout) && JSON.parse(stdout) !== null;
      if (![0, 3].includes(status) || stderr !== "" || !isJson) wrong[line] = [status, stdout.slice(0, 200), stderr];
    }
    expect(wrong).toEqual({});
  });

  test("says in a database without PgQ how to get it", async () => {
    await using database = await createDatabase(major, "template1");
    const needing = lines.filter((line) => !/^(install|uninstall|sql|why|compare|repair)( |$)/.test(line));
    const wrong: Record<string, unknown> = {};

    for (const line of needing) {
      const { status, stdout, stderr } = await runCli([...line.split(" "), "--db", database.url]);
      const said = stdout + stderr;
      if (![1, 3].includes(status) || !/skytools install/.test(said) || said.includes("    at ")) {
        wrong[line] = [status, stdout, stderr];
      }
    }
    expect(wrong).toEqual({});
  });

  test("names the queue that is not there, and the nearest one", async () => {
    await using database = await createDatabase(major);
    const db = await database.connect();
    await db.query("select pgq.create_queue('qqqq')");
    const needing = lines.filter((line) => / q( |$)/.test(line) && !line.startsWith("why"));
    const wrong: Record<string, unknown> = {};

    for (const line of needing) {
      const words = line.split(" ").map((word) => (word === "q" ? "qqq" : word));
      const { status, stdout, stderr } = await runCli([...words, "--db", database.url]);
      if (
        status !== 1 ||
        stdout !== "" ||
        !stderr.startsWith("skytools: there is no queue qqq\nHINT: did you mean qqqq?")
      )
        wrong[line] = [status, stdout, stderr];
    }
    expect(wrong).toEqual({});
  });

  test("names the database that is not there, and never a password", async () => {
    await using database = await createDatabase(major);
    const missing = database.url.replace(/[^/]*$/, "no_such_db").replace("postgres@", "postgres:hush@");
    const { status, stderr } = await runCli(["status", "--db", missing, "--verbose"]);

    expect(status).toBe(1);
    expect(stderr).toContain('database "no_such_db" does not exist');
    expect(stderr).not.toContain("hush");
  });
});

test("a command that repeats itself ends well when nobody reads it any more", async () => {
  await using database = await createDatabase(Math.max(...majors()));
  const args = [...cliProgram, "queue", "list", "--watch=100ms", "--db", database.url];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  await once(child.stdout, "data");

  child.stdout.destroy();
  expect(await ended).toEqual([0, null]);
});
