// pgqd as a program: files, switches, signals, pidfiles, metrics. On the newest major: what differs between majors is
// in the tests of the ticker.
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { type PgqdFolder, pgqdFolder, type PgqdProcess } from "../harness/pgqd.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";

let db: TestDatabase;
let client: pg.Client;
let folder: PgqdFolder;
let connstr: string;

beforeEach(async () => {
  db = await createDatabase(majors().at(-1)!);
  client = await db.connect();
  await client.query("select pgq.create_queue('q')");
  folder = pgqdFolder();
  const { hostname, port } = new URL(db.url);
  connstr = `host=${hostname} port=${port} user=postgres`;
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
  await db.drop();
});

function configure(...lines: readonly string[]): void {
  folder.write(
    "pgqd.ini",
    ["[pgqd]", `base_connstr = ${connstr}`, `database_list = ${db.name}`, ...lines, ""].join("\n"),
  );
}

async function untilTicked(): Promise<void> {
  const before = await value<string>(client, "select max(tick_id) from pgq.tick");
  await client.query("select pgq.insert_event('q', 't', 'd')");
  await until(() => value<boolean>(client, "select max(tick_id) > $1 from pgq.tick", [before]), { what: "a tick" });
}

function untilSaid(pgqd: PgqdProcess, text: string): Promise<unknown> {
  return until(() => pgqd.output().includes(text), { what: text });
}

describe("the file", () => {
  test("an old pgqd.ini runs as it is, with the words that monitoring looks for", async () => {
    folder.write("more.ini", `# included, inside the section\ndatabase_list = ${db.name}, \n`);
    folder.write(
      "pgqd.ini",
      `; a file of pgqd 3.5
[pgqd]

# where to log
logfile = ~/pgqd.log

## pid file
pidfile = ~/pgqd.pid

base_connstr = ${connstr}
initial_database = template1
%include more.ini

# log into syslog
syslog = 0
syslog_ident = pgqd

check_period = 60
retry_period = 30
maint_period = 120
ticker_period = 0.25
stats_period = 0.5
connection_lifetime = 3600
`,
    );
    const pgqd = folder.start("-q", "pgqd.ini");
    await until(() => folder.read("pgqd.log").includes("pgq version ok"));
    await untilTicked();
    await until(() => /LOG \{ticks: \d+, maint: 1, retry: 0\}/.test(folder.read("pgqd.log")));
    const pid = folder.read("pgqd.pid");
    pgqd.kill("SIGINT");
    const status = await pgqd.ended;

    const log = folder.read("pgqd.log");
    expect(pid).toBe(`${pgqd.pid}\n`);
    expect(log).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+ \[\d+\] LOG Starting pgqd \d/m);
    expect(log).toContain(`LOG [${db.name}]: pgq version ok: `);
    expect(log).toContain("LOG Got SIGINT, shutting down");
    expect(log).not.toMatch(/ (ERROR|FATAL) /);
    expect([status, pgqd.output(), folder.read("pgqd.pid")]).toEqual([0, "", ""]);
  });

  test("keys of the old ticker in Python do not stop it; it says what to use", async () => {
    configure("maint_delay = 600", "loop_delay = 0.2");

    const pgqd = folder.start("pgqd.ini");
    await untilSaid(pgqd, "pgq version ok");

    expect(pgqd.output()).toContain(
      "WARNING maint_delay: no effect; a key of the old ticker in Python: use maint_period",
    );
    expect(pgqd.output()).toContain(
      "WARNING loop_delay: no effect; a key of the old ticker in Python: use ticker_period",
    );
  });

  test.each([
    ["check_perod = 5", 'pgqd.ini:4: unknown key "check_perod"', 'did you mean "check_period"?'],
    ["ticker_period = often", 'pgqd.ini:4: key "ticker_period" does not take "often"', "expected: DURATION"],
    ["base_connstr = hots=localhost", 'unknown connection keyword "hots"', 'did you mean "host"?'],
    ["[other]\nkey = 1", "has a section [other]", "only [pgqd] is read"],
  ])("a mistake is named with its place, and the status is 1: %s", async (line, message, hint) => {
    configure(line);

    const { status, output } = await folder.run("pgqd.ini");

    expect(status).toBe(1);
    expect(output).toContain(message);
    expect(output).toContain(hint);
  });

  test.each([
    [[], "pgqd requires config file"],
    [["--no-such-switch", "pgqd.ini"], "unknown option --no-such-switch"],
    [["missing.ini"], "missing.ini is not there"],
  ])("pgqd %j ends with status 1: %s", async (argv, message) => {
    const { status, output } = await folder.run(...argv);

    expect(status).toBe(1);
    expect(output).toContain(message);
  });

  test("a broken file at a reload keeps the old settings; a mended one is taken over", async () => {
    configure("check_period = 3600");
    const pgqd = folder.start("-v", "pgqd.ini");
    await untilSaid(pgqd, "pgq version ok");

    folder.write("pgqd.ini", "[pgqd]\nno_such_key = 1\n");
    pgqd.kill("SIGHUP");
    await untilSaid(pgqd, "the old one stays");
    await untilTicked();
    await using other = await createDatabase(majors().at(-1)!);
    folder.write("pgqd.ini", `[pgqd]\nbase_connstr = ${connstr}\ndatabase_list = ${other.name}\n`);
    pgqd.kill("SIGHUP");
    await untilSaid(pgqd, `[${other.name}]: pgq version ok`);

    expect(pgqd.output()).toContain("Got SIGHUP, re-reading config");
    expect(pgqd.output()).toContain(`Unregister database: [${db.name}]`);
  });
});

describe("without a file", () => {
  test("flags and variables are enough; health, readiness and numbers are served", async () => {
    const env = { SKYTOOLS_BASE_CONNSTR: new URL("/", db.url).href, SKYTOOLS_METRICS_PORT: "0" };
    await using own = pgqdFolder(env);
    await client.query("select pgq.register_consumer('q', 'reader')");
    const pgqd = own.start("--database-list", db.name, "--log-format=json");
    await untilSaid(pgqd, "pgq version ok");
    const port = /"port":(\d+)/.exec(pgqd.output())?.[1];
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    await until(async () => (await get("/ready")).status === 200);
    await untilTicked();

    const health = await get("/health");
    const metrics = await (await get("/metrics")).text();

    expect(await health.json()).toMatchObject({ status: "ok", components: { databases: { ok: true } } });
    expect(metrics).toMatch(new RegExp(`^pgq_ticker_ticks_total\\{.*database="${db.name}".*\\} [1-9]`, "m"));
    expect(metrics).toMatch(new RegExp(`^pgq_ticker_standing\\{.*standing="ticking".*\\} 1`, "m"));
    expect(metrics).toMatch(/^pgq_queue_ticker_lag_seconds\{.*queue="q".*\} [\d.]/m);
    expect(metrics).toMatch(/^pgq_consumer_pending_events\{.*consumer="reader".*\} \d/m);
    expect(
      pgqd
        .output()
        .trim()
        .split("\n")
        .every((line) => line.startsWith("{")),
    ).toBe(true);
  });

  test("a server that is not there: alive, not ready, and at an end when it is told to give up", async () => {
    const url = "postgresql://nobody@127.0.0.1:1";
    const patient = folder.start(`--base-connstr=${url}`, "--database-list=gone", "--metrics-port=0");
    await untilSaid(patient, "next try in");
    const port = /port=(\d+)/.exec(patient.output())?.[1];
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    const ready = await fetch(`http://127.0.0.1:${port}/ready`);
    const impatient = await folder.run(`--base-connstr=${url}`, "--database-list=gone", "--exit-after-failures=2");

    expect([health.status, ready.status]).toEqual([200, 503]);
    expect(impatient.status).toBe(1);
    expect(impatient.output).toContain("[gone]: failed 2 times in a row");
  });
});

describe("processes", () => {
  test("-d goes into the background, -r reloads, -s stops; signals to nobody are no failure", async () => {
    configure("pidfile = p.pid", "logfile = p.log");

    const started = await folder.run("-dq", "pgqd.ini");
    const pid = folder.daemonPid("p.pid");
    await until(() => folder.read("p.log").includes("pgq version ok"));
    const second = await folder.run("-d", "pgqd.ini");
    const reloaded = await folder.run("-r", "pgqd.ini");
    await until(() => folder.read("p.log").includes("Config reloaded"));
    const stopped = await folder.run("-s", "pgqd.ini");
    await until(() => folder.read("p.pid") === "");
    const again = await folder.run("-s", "pgqd.ini");

    expect([started.status, second.status, reloaded.status, stopped.status, again.status]).toEqual([0, 1, 0, 0, 0]);
    expect(second.output).toContain(`another process running? (process ${pid})`);
    expect([reloaded.output, stopped.output]).toEqual(["SIGHUP sent\n", "SIGINT sent\n"]);
  });

  test("skytools pgqd is the same program, in the background too", async () => {
    await using other = pgqdFolder({}, "skytools pgqd");
    configure();
    other.write("pgqd.ini", `${folder.read("pgqd.ini")}pidfile = p.pid\nlogfile = p.log\n`);

    const started = await other.run("-d", "pgqd.ini");
    other.daemonPid("p.pid");
    await untilTicked();
    const stopped = await other.run("-s", "pgqd.ini");
    await until(() => other.read("p.pid") === "");

    expect([started.status, stopped]).toEqual([0, { status: 0, output: "SIGINT sent\n" }]);
    expect(other.read("p.log")).toContain("Got SIGINT, shutting down");
  });

  test("a daemon killed with -9 leaves its pidfile: -s, -k and -r say that nobody runs, and the next start takes it over", async () => {
    configure("pidfile = p.pid", "logfile = p.log");
    await folder.run("-d", "pgqd.ini");
    const first = folder.daemonPid("p.pid");
    await until(() => folder.read("p.log").includes("pgq version ok"));
    process.kill(first, "SIGKILL");
    // the signal takes a moment
    const stopped = await until(async () => {
      const answer = await folder.run("-s", "pgqd.ini");
      return answer.output !== "SIGINT sent\n" && answer;
    });

    const told = [stopped, await folder.run("-k", "pgqd.ini"), await folder.run("-r", "pgqd.ini")];
    const left = folder.read("p.pid");
    const again = await folder.run("-d", "pgqd.ini");
    const second = folder.daemonPid("p.pid");
    await untilTicked();
    const killed = await folder.run("-k", "pgqd.ini");
    await until(() => folder.read("p.pid") === "");

    const nobody = { status: 0, output: "pidfile exists, but process not running\n" };
    expect(told).toEqual([nobody, nobody, nobody]);
    expect(left).toBe(`${first}\n`);
    expect([again.status, killed]).toEqual([0, { status: 0, output: "SIGTERM sent\n" }]);
    expect(second).not.toBe(first);
    expect(folder.read("p.log").match(/stale pidfile.*/gi)).toHaveLength(1);
  });

  test.each(["-s", "-k", "-r"])("%s without a pidfile setting is a failure, unless --compat-exit", async (flag) => {
    configure();

    const plain = await folder.run(flag, "pgqd.ini");
    const lenient = await folder.run(flag, "--compat-exit", "pgqd.ini");

    expect(plain).toEqual({ status: 1, output: "No pidfile configured\n" });
    expect(lenient.status).toBe(0);
  });

  test.each(["2147480000\n", ""])("a stale pidfile is replaced: %j", async (text) => {
    configure("pidfile = p.pid");
    folder.write("p.pid", text);

    const pgqd = folder.start("pgqd.ini");
    await untilSaid(pgqd, "pgq version ok");

    expect(folder.read("p.pid")).toBe(`${pgqd.pid}\n`);
  });

  test.each([{ argv: ["pgqd.ini"] }, { argv: ["-s", "pgqd.ini"] }, { argv: ["-k", "pgqd.ini"] }])(
    "a pidfile that holds no process id signals nobody and is not overwritten: pgqd $argv",
    async ({ argv }) => {
      configure("pidfile = p.pid");
      folder.write("p.pid", "garbage\n");

      const { output } = await folder.run(...argv);

      expect(output).toMatch(/corrupt pidfile/i);
      expect(folder.read("p.pid")).toBe("garbage\n");
    },
  );

  test("when one of two is killed with -9, the other one takes over", async () => {
    configure();
    const first = folder.start("pgqd.ini");
    await untilSaid(first, "pgq version ok");
    await untilTicked();
    const second = folder.start("pgqd.ini");
    await untilSaid(second, "standing by");

    first.kill("SIGKILL");
    await untilSaid(second, "took over");
    await untilTicked();
    second.kill("SIGTERM");

    expect(await second.ended).toBe(0);
    expect(second.output()).not.toMatch(/ERROR|WARNING/);
  });
});
