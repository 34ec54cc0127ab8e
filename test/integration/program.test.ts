// The service framework with a small program as a process of its own: signals, pidfile, background, reload.
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fixtureFolder, isAlive } from "../harness/run-fixture.ts";
import { until } from "../harness/until.ts";

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends the long pause, then the program, with status 0 and without a pidfile",
  async (signal) => {
    await using folder = fixtureFolder();
    folder.configure();
    const program = folder.start(folder.ini);
    await folder.traced("pass idle");
    expect(folder.read("p.pid")).toBe(`${program.pid}\n`);

    program.kill(signal);

    expect(await program.ended).toBe(0);
    expect(folder.read("trace")).toMatch(/end\n$/);
    expect(existsSync(folder.file("p.pid"))).toBe(false);
    expect(folder.read("p.log")).toContain(`INFO Got ${signal}, shutting down`);
  },
);

test("a second SIGINT ends a program that hangs at once, with status 1 and without a pidfile", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = hang");
  const program = folder.start(folder.ini);
  await folder.traced("pass hang");

  program.kill("SIGINT");
  await until(() => folder.read("p.log").includes("Got SIGINT"));
  expect(isAlive(program.pid)).toBe(true);
  program.kill("SIGINT");

  expect(await program.ended).toBe(1);
  expect(existsSync(folder.file("p.pid"))).toBe(false);
  expect(folder.read("p.log")).toContain("WARNING Double ^C, fast exit");
});

test("a program that does not stop in time is ended by the deadline", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = hang\nstop_timeout = 100ms");
  const program = folder.start(folder.ini);
  await folder.traced("pass hang");

  program.kill("SIGTERM");

  expect(await program.ended).toBe(1);
  expect(folder.read("p.log")).toContain("ERROR not stopped in time");
  expect(existsSync(folder.file("p.pid"))).toBe(false);
});

test("after kill -9 the stale pidfile does not prevent the next start", async () => {
  await using folder = fixtureFolder();
  folder.configure();
  const first = folder.start(folder.ini);
  await folder.traced("pass idle");
  first.kill("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");
  expect(folder.read("p.pid")).toBe(`${first.pid}\n`);

  const second = folder.start(folder.ini);
  await until(() => folder.read("p.pid") === `${second.pid}\n`);

  expect(folder.read("p.log")).toContain("Ignoring stale pidfile");
  second.kill("SIGTERM");
  expect(await second.ended).toBe(0);
});

test("a second start with the same pidfile is refused and leaves the first one alone", async () => {
  await using folder = fixtureFolder();
  folder.configure();
  const first = folder.start(folder.ini);
  await folder.traced("pass idle");

  const second = await folder.run(folder.ini);
  const daemon = await folder.run("-d", folder.ini);

  expect([second.status, daemon.status]).toEqual([1, 1]);
  expect(second.stderr).toContain("another process running?");
  expect(daemon.stderr).toContain("another process running?");
  expect(folder.read("p.pid")).toBe(`${first.pid}\n`);
  first.kill("SIGTERM");
  expect(await first.ended).toBe(0);
});

test("a pidfile that holds no process id is neither overwritten nor signalled", async () => {
  await using folder = fixtureFolder();
  folder.configure();
  writeFileSync(folder.file("p.pid"), "rubbish");

  const start = await folder.run(folder.ini);
  const stop = await folder.run("-k", folder.ini);

  expect([start.status, stop.status]).toEqual([1, 1]);
  expect(start.stderr).toContain("corrupt pidfile");
  expect(stop.stderr).toContain("Corrupt pidfile");
  expect(folder.read("p.pid")).toBe("rubbish");
});

test("-d returns when the program runs; -r reloads it, -s stops it", async () => {
  await using folder = fixtureFolder();
  folder.configure();

  const started = await folder.run("-d", folder.ini);
  expect(started).toEqual({ status: 0, stdout: "", stderr: "" });
  const pid = folder.daemonPid();
  expect(isAlive(pid)).toBe(true);
  expect(folder.read("trace")).toContain(`${pid}\n`);

  expect(await folder.run(folder.ini, "-r")).toEqual({ status: 0, stdout: "", stderr: "SIGHUP sent\n" });
  await folder.traced("reload idle");
  expect((await folder.run("-sv", folder.ini)).status).toBe(0);
  await until(() => !isAlive(pid));

  expect(existsSync(folder.file("p.pid"))).toBe(false);
  expect((await folder.run("-s", folder.ini)).status).toBe(1);
  expect(await folder.run("-s", folder.ini, "--compat-exit")).toEqual({
    status: 0,
    stdout: "",
    stderr: "No pidfile, process not running\n",
  });
});

test("-d tells why the program in the background did not start, without secrets", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = refuse");

  const { status, stderr } = await folder.run("-d", folder.ini);

  expect(status).toBe(1);
  expect(stderr).toContain("refused at start, password=***");
  expect(`${stderr}${folder.read("p.log")}`).not.toContain("secret1");
  await until(() => !existsSync(folder.file("p.pid"))); // the program tells first and tidies up then
});

test("-d without a pidfile is refused", async () => {
  await using folder = fixtureFolder();
  folder.configure("pidfile =");

  const { status, stderr } = await folder.run("-d", folder.ini);

  expect(status).toBe(1);
  expect(stderr).toContain("Daemon needs pidfile");
});

test("SIGHUP takes up new values; what only counts at the start is named and stays", async () => {
  await using folder = fixtureFolder();
  folder.configure("queue_name = a");
  const program = folder.start(folder.ini);
  await folder.traced("pass idle");

  folder.configure("mode = busy\nqueue_name = b");
  program.kill("SIGHUP");
  await folder.traced("pass busy");

  expect(folder.read("p.log")).toContain("WARNING queue_name: changed, but only a restart takes it up");
  expect(folder.read("p.log")).toContain("INFO Config reloaded");
  program.kill("SIGTERM");
  expect(await program.ended).toBe(0);
});

test("a broken file at SIGHUP is reported with its line, and the old values stay", async () => {
  await using folder = fixtureFolder();
  folder.configure();
  const program = folder.start(folder.ini);
  await folder.traced("pass idle");

  folder.configure("mode = dance");
  program.kill("SIGHUP");
  await until(() => folder.read("p.log").includes("Config not reloaded"));
  writeFileSync(folder.ini, "no section\n");
  program.kill("SIGHUP");
  await until(() => folder.read("p.log").includes("job.ini:1: a key before any section"));

  expect(folder.read("p.log")).toMatch(
    /ERROR Config not reloaded, the old one stays: \S+job\.ini:7: key "mode" does not take/,
  );
  expect(isAlive(program.pid)).toBe(true);
  program.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  expect(folder.read("trace")).not.toContain("reload");
});

test("SIGHUP opens a log file again that was moved away", async () => {
  await using folder = fixtureFolder();
  folder.configure();
  const program = folder.start(folder.ini);
  await folder.traced("pass idle");
  renameSync(folder.file("p.log"), folder.file("old.log"));

  program.kill("SIGHUP");
  await until(() => folder.read("p.log").includes("Config reloaded"));

  program.kill("SIGTERM");
  expect(await program.ended).toBe(0);
});

test("loop_delay 0 runs until there is nothing to do, below 0 one pass", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = busy");

  expect((await folder.run(folder.ini, "--loop-delay", "0")).status).toBe(0);
  expect(folder.read("trace").match(/pass/g)).toHaveLength(3);
  expect((await folder.run(folder.ini, "--set", "loop_delay=-1")).status).toBe(0);
  expect(folder.read("trace").match(/pass/g)).toHaveLength(4);
});

test("a failing pass ends a program that does not loop with status 1 and the stack in the log", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = fail\nloop_delay = 0");

  const { status, stderr } = await folder.run(folder.ini);

  expect(status).toBe(1);
  expect(stderr).toMatch(/ERROR Job job crashed: this pass fails\n\tError: this pass fails\n\t {4}at /);
  expect(stderr.match(/this pass fails\n/g)).toHaveLength(2);
});

test("a failing pass of a program that loops is repeated; the statistics line is written all the same", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = fail\nexception_sleep = 10ms\nexception_quiet = ALL");
  const program = folder.start(folder.ini);

  await until(() => (folder.read("trace").match(/pass fail/g)?.length ?? 0) > 2);
  program.kill("SIGINT");

  expect(await program.ended).toBe(0);
  expect(folder.read("p.log")).toMatch(/\d WARNING Job job crashed: this pass fails\n\d/);
  expect(folder.read("p.log")).toContain(" INFO {mode: fail, passes: 1}\n");
});

test("an error that nobody caught ends the program with status 1, a line in the log, and no pidfile", async () => {
  await using folder = fixtureFolder();
  folder.configure("mode = crash");

  const { status } = await folder.run(folder.ini);

  expect(status).toBe(1);
  expect(folder.read("p.log")).toContain("ERROR Job job crashed: nobody caught this");
  expect(existsSync(folder.file("p.pid"))).toBe(false);
});

test("-q logs warnings only, -v debug lines, and log_format=json one object a line", async () => {
  await using folder = fixtureFolder();
  folder.configure("loop_delay = -1\nunknown_thing = 1");

  const quiet = await folder.run("-q", folder.ini);
  const json = await folder.run(folder.ini, "--log-format=json");

  expect(quiet.stderr).toMatch(/^[^\n]* WARNING \S+job\.ini:\d+: unknown key "unknown_thing", ignored\n$/);
  const lines = json.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines.at(-1)).toMatchObject({
    level: "info",
    job: "job",
    msg: "{mode: idle, passes: 1}",
    stats: { passes: 1 },
  });
});

test("metrics, health and readiness are answered, and a password is in none of them", async () => {
  await using folder = fixtureFolder();
  folder.configure("metrics_port = 0\ndb = postgresql://u:geheim@127.0.0.1:1/x\nexception_sleep = 600");
  const program = folder.start(folder.ini);
  const port = await until(() => /can be read \(address=127\.0\.0\.1 port=(\d+)\)/.exec(folder.read("p.log"))?.[1]);
  await until(() => folder.read("p.log").includes("got error") || folder.read("p.log").includes("crashed"));
  const get = async (path: string): Promise<readonly [number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, await response.text()];
  };

  const metrics = await get("/metrics");
  const health = await get("/health");
  const ready = await get("/ready");

  expect(metrics[0]).toBe(200);
  expect(metrics[1]).toContain('fixture_gauge{job="job",service="fixture"} 7');
  expect(metrics[1]).toContain('skytools_job_stat_total{name="passes",job="job",service="fixture"} 1');
  expect([health[0], ready[0], (await get("/"))[0]]).toEqual([200, 503, 404]);
  expect(JSON.parse(ready[1])).toEqual({
    status: "failing",
    components: { loop: { ok: false, detail: "1 failed passes in a row" } },
  });
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: "POST" })).status).toBe(405);
  expect(`${metrics[1]}${health[1]}${ready[1]}${folder.read("p.log")}${program.stderr()}`).not.toContain("geheim");
  program.kill("SIGTERM");
  expect(await program.ended).toBe(0);
});

test("a port that is taken prevents the start with a message", async () => {
  await using folder = fixtureFolder();
  folder.configure("metrics_port = 1\nmetrics_address = 192.0.2.1");

  const { status, stderr } = await folder.run(folder.ini);

  expect(status).toBe(2);
  expect(stderr).toContain("cannot listen on 192.0.2.1:1");
});

test("a signal that another process sends to the group does not leave the daemon without a pidfile", async () => {
  await using folder = fixtureFolder();
  folder.configure();
  expect((await folder.run("-d", folder.ini)).status).toBe(0);
  const pid = folder.daemonPid();

  const group = spawnSync("ps", ["-o", "pgid=", "-p", String(pid)])
    .stdout.toString()
    .trim();

  expect(group).toBe(String(pid));
  process.kill(pid, "SIGTERM");
  await until(() => !isAlive(pid));
  expect(existsSync(folder.file("p.pid"))).toBe(false);
});
