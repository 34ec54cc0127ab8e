// Consumers as programs: a handler with the configuration file and the switches of the old consumer scripts.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRecorderSide, type RecorderSide } from "../harness/recorder.ts";
import { isAlive } from "../harness/run-fixture.ts";
import { advisoryWaiters } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

const kinds = ["plain", "cooperative", "serial", "remote", "file"] as const;

describe.each(endMajors())("consumer programs on PostgreSQL %i", (major) => {
  let side: RecorderSide;
  beforeAll(async () => {
    side = await createRecorderSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test.each(kinds)("%s: registers, sees each event once and in order, says so, and stops", async (kind) => {
    await using recorder = await side.open(kind);
    const { folder } = recorder;
    const registered = await folder.run(folder.ini, "--register");
    const program = folder.start(folder.ini);

    await recorder.add(["1", "2"]);
    await recorder.add(["3"]);
    await recorder.seeing(["1", "2", "3"]);
    await recorder.logged(/INFO \{count: \d, duration: \d+\.?\d*, idle: \d+\.?\d*\}\n/);
    program.kill("SIGINT");

    expect(await program.ended).toBe(0);
    expect(registered).toMatchObject({ status: 0 });
    expect(registered.stderr).toContain("Registering consumer on source queue");
    expect(await recorder.seen()).toEqual(["1", "2", "3"]);
    expect(existsSync(folder.file("p.pid"))).toBe(false);
    expect(folder.read("p.log")).not.toMatch(/ERROR|WARNING/);
  });

  test.each(["plain", "serial", "remote"] as const)(
    "%s: killed within a batch, it begins again and applies nothing twice",
    async (kind) => {
      await using recorder = await side.open(kind);
      const { folder } = recorder;
      await folder.run(folder.ini, "--register");
      await side.client.query("select pg_advisory_lock(1)");
      const first = folder.start(folder.ini);
      await recorder.add(["1", "2"]);
      await recorder.add(["3"], "wait");
      await until(async () => (await advisoryWaiters(side.client)).length === 1, { what: "the program in the batch" });
      first.kill("SIGKILL");
      await first.ended;
      await side.client.query("select pg_advisory_unlock(1)");

      const second = folder.start(folder.ini);
      await recorder.seeing(["1", "2", "3"]);
      second.kill("SIGTERM");

      expect(await second.ended).toBe(0);
      expect(await recorder.seen()).toEqual(["1", "2", "3"]);
      expect(folder.read("p.log")).toContain("Ignoring stale pidfile");
    },
  );

  test("--register beside a running program does not disturb it; --unregister is refused meanwhile", async () => {
    await using recorder = await side.open("plain");
    const { folder } = recorder;
    await folder.run(folder.ini, "--register");
    const program = folder.start(folder.ini);
    await recorder.logged("started");

    const again = await folder.run(folder.ini, "--register");
    const refused = await folder.run(folder.ini, "--unregister");
    program.kill("SIGTERM");
    await program.ended;
    const done = await folder.run(folder.ini, "--unregister");

    expect([again.status, refused.status, done.status]).toEqual([0, 1, 0]);
    expect(refused.stderr).toContain("another process running?");
    const { rowCount } = await side.client.query("select from pgq.get_consumer_info($1)", [recorder.queue]);
    expect(rowCount).toBe(0);
  });

  test("in the background it reads its keys again at -r and ends at -s", async () => {
    await using recorder = await side.open("plain", "table_filter = public.wanted, other.wanted");
    const { folder } = recorder;
    await folder.run(folder.ini, "--register");
    expect(await folder.run("-d", folder.ini)).toMatchObject({ status: 0, stderr: "" });
    const pid = folder.daemonPid();
    const insert = (data: string, table: string | null): Promise<unknown> =>
      side.client.query("select pgq.insert_event($1, 't', $2, $3, null, null, null)", [recorder.queue, data, table]);

    await insert("kept", "public.wanted");
    await insert("left out", "public.unwanted");
    await recorder.tick();
    await recorder.seeing(["kept"]);
    folder.configure("table_filter =");
    await folder.run("-r", folder.ini);
    await recorder.logged("Config reloaded");
    await insert("all of them", null);
    await recorder.tick();
    await recorder.seeing(["kept", "all of them"]);
    await folder.run("-s", folder.ini);
    await until(() => !isAlive(pid));

    expect(await recorder.seen()).toEqual(["kept", "all of them"]);
  });

  test("with loop_delay 0 it works off what is there and ends, with status 1 when that fails", async () => {
    await using recorder = await side.open("plain", "loop_delay = 0");
    const { folder } = recorder;
    await folder.run(folder.ini, "--register");
    await recorder.add(["1"]);

    const good = await folder.run(folder.ini);
    await recorder.add(["2"], "bad");
    const bad = await folder.run(folder.ini);

    expect([good.status, bad.status]).toEqual([0, 1]);
    expect(bad.stderr).toContain("Job job crashed: bad event 2");
    expect(await recorder.seen()).toEqual(["1"]);
  });

  test("a handler that fails holds its batch, which is tried again after exception_sleep", async () => {
    await using recorder = await side.open("plain", "", { FORM: "batch" });
    const { folder } = recorder;
    await folder.run(folder.ini, "--register");
    const program = folder.start(folder.ini);

    await recorder.add(["poison"], "bad");
    await until(() => (folder.read("p.log").match(/crashed: bad event poison\n/g)?.length ?? 0) > 1);
    await recorder.add(["behind it"]);
    program.kill("SIGTERM");

    expect(await program.ended).toBe(0);
    expect(await recorder.seen()).toEqual([]);
  });

  test("with a retry policy only the event that fails is set aside", async () => {
    await using recorder = await side.open("plain", "", { RETRY: "1" });
    const { folder } = recorder;
    await folder.run(folder.ini, "--register");
    const program = folder.start(folder.ini);

    await recorder.add(["poison"], "bad");
    await recorder.add(["behind it"]);
    await recorder.seeing(["behind it"]);
    await recorder.logged("retry-events: 1");
    program.kill("SIGTERM");

    expect(await program.ended).toBe(0);
    expect(folder.read("p.log")).toContain("WARNING an event failed");
    const { rowCount } = await side.client.query("select from pgq.retry_queue where ev_data = 'poison'");
    expect(rowCount).toBe(1);
  });

  test.each(["serial", "file"] as const)(
    "%s: --rewind goes back to the kept position, --reset forgets it",
    async (kind) => {
      await using recorder = await side.open(kind, "loop_delay = 0");
      const { folder, queue } = recorder;
      await folder.run(folder.ini, "--register");
      await recorder.add(["1"]);
      await folder.run(folder.ini);
      await recorder.add(["2"]);
      // somebody moved the queue's position past the second event
      await side.client.query("select pgq.register_consumer_at($1, 'job', (select max(tick_id) from pgq.tick))", [
        queue,
      ]);

      const rewound = await folder.run(folder.ini, "--rewind");
      await folder.run(folder.ini);
      const reset = await folder.run(folder.ini, "--reset");
      const nothing = await folder.run(folder.ini, "--rewind");

      expect([rewound.status, reset.status, nothing.status]).toEqual([0, 0, 1]);
      expect(await recorder.seen()).toEqual(["1", "2"]);
      expect(nothing.stderr).toContain("Cannot rewind");
    },
  );

  test("old names of keys win, keys without effect and unknown ones are named", async () => {
    await using recorder = await side.open("plain", "loop_delay = 0");
    const { folder, queue } = recorder;
    recorder.configure(
      [
        `pgq_queue_name = ${queue}`,
        "queue_name = no_such_queue",
        "pgq_consumer_id = old_name",
        "pgq_autocommit = 1",
      ].join("\n") + "\npgq_lazy_fetch = 0\npgq_batch_collect_interval =\nuse_skylog = 1\npgq_lazy_fetsh = 5",
    );
    await folder.run(folder.ini, "--register");
    await recorder.add(["1"]);

    const { status, stderr } = await folder.run(folder.ini);

    expect(status).toBe(0);
    expect(await recorder.seen()).toEqual(["1"]);
    expect(stderr).toContain('"pgq_queue_name" is an old name: use "queue_name"');
    expect(stderr).toContain("pgq_autocommit has no effect");
    expect(stderr).toContain('unknown key "pgq_lazy_fetsh", ignored; did you mean "pgq_lazy_fetch"?');
    expect(stderr).toContain("use_skylog: no effect");
    const { rows } = await side.client.query("select consumer_name from pgq.get_consumer_info($1)", [queue]);
    expect(rows).toEqual([{ consumer_name: "old_name" }]);
  });

  test("two commands at once are refused, and so is a worker without a name", async () => {
    await using recorder = await side.open("cooperative", "subconsumer_name =");
    const { folder } = recorder;

    const both = await folder.run(folder.ini, "--register", "--unregister");
    const nameless = await folder.run(folder.ini, "--register");

    expect([both.status, nameless.status]).toEqual([2, 2]);
    expect(both.stderr).toContain("are two commands");
    expect(nameless.stderr).toContain("subconsumer without a name");
  });

  test("a consumer that is not registered is told how to, again and again, until it is", async () => {
    await using recorder = await side.open("plain");
    const { folder } = recorder;
    const program = folder.start(folder.ini);
    await recorder.logged(/CONSUMER_UNKNOWN/);

    await folder.run(folder.ini, "--register");
    await recorder.add(["1"]);
    await recorder.seeing(["1"]);
    program.kill("SIGTERM");

    expect(await program.ended).toBe(0);
  });

  test("its numbers can be read by Prometheus, and it is ready while its passes succeed", async () => {
    await using recorder = await side.open("plain", "metrics_port = 0");
    const { folder, queue } = recorder;
    await folder.run(folder.ini, "--register");
    const program = folder.start(folder.ini);
    const port = await until(() => /can be read \(address=127\.0\.0\.1 port=(\d+)\)/.exec(folder.read("p.log"))?.[1]);
    const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    const labels = `{queue="${queue}",consumer="job",job="job",service="recorder"}`;

    await recorder.add(["1", "2"]);
    await until(async () => (await get("/metrics")).includes(`pgq_consumer_events_total${labels} 2\n`));
    const text = await get("/metrics");
    const ready = await get("/ready");
    await recorder.add(["poison"], "bad");
    await until(async () => (await get("/ready")).includes('"failing"'));
    program.kill("SIGTERM");
    await program.ended;

    expect(text).toMatch(/pgq_consumer_batches_total\{[^}]*\} \d/);
    expect(text).toMatch(/pgq_consumer_work_lag_seconds\{[^}]*\} \d/);
    expect(text).toMatch(/pgq_consumer_batch_duration_seconds_count\{[^}]*\} \d/);
    expect(JSON.parse(ready)).toMatchObject({ status: "ok" });
  });

  test("stopped in the middle of a batch it finishes that batch", async () => {
    await using recorder = await side.open("plain");
    const { folder } = recorder;
    await folder.run(folder.ini, "--register");
    await side.client.query("select pg_advisory_lock(1)");
    const program = folder.start(folder.ini);
    await recorder.add(["1"], "wait");
    await until(async () => (await advisoryWaiters(side.client)).length === 1, { what: "the program in the batch" });

    program.kill("SIGINT");
    await recorder.logged("shutting down");
    await side.client.query("select pg_advisory_unlock(1)");

    expect(await program.ended).toBe(0);
    expect(await recorder.seen()).toEqual(["1"]);
  });
});
