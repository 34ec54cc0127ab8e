// The program with old configuration files, against real servers.
import { appendFileSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  DEFAULT_SEGMENT_BYTES,
  formatLsn,
  parseLsn,
  segmentName,
  segmentOf,
  segmentStart,
  walmgr,
} from "../../src/walmgr/index.ts";
import { madeSegment } from "../harness/made-wal.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { queryAt } from "../harness/query-at.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { type ProgramResult, runHere } from "../harness/run-program.ts";
import { type TemporaryFolder, temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  currentLsn,
  localRepository,
  openDatabase,
  startReceiver,
  switchWal,
} from "../harness/walmgr.ts";

const NOBODY = 65534;

async function run(...argv: readonly string[]): Promise<ProgramResult> {
  return await runHere(walmgr, argv);
}

/** A file as walmgr3 --init-master wrote it, on one computer. */
function oldFile(folder: TemporaryFolder, url: string): string {
  const ini = folder.file("wal-master.ini");
  mkdirSync(folder.file("walshipping"));
  writeFileSync(
    ini,
    `[walmgr]
job_name             = wal-master
logfile              = ${folder.path}/%(job_name)s.log
pidfile              = ${folder.path}/%(job_name)s.pid
use_skylog           = 0
master_db            = ${url}
master_data          = ${folder.path}/main
master_config        = %(master_data)s/postgresql.conf
master_bin           = /usr/lib/postgresql/9.1/bin
slave                = localhost
slave_config         = ${folder.path}/wal-slave.ini
walmgr_data          = ${folder.path}/walshipping
completed_wals       = %(slave)s:%(walmgr_data)s/logs.complete
partial_wals         = %(slave)s:%(walmgr_data)s/logs.partial
full_backup          = %(slave)s:%(walmgr_data)s/data.master
config_backup        = %(slave)s:%(walmgr_data)s/config.backup
loop_delay           = 10.0
use_xlog_functions   = 0
keep_symlinks        = 1
compression          = 0
command_interval     = 600
periodic_command     = touch ${folder.path}/periodic
`,
  );
  return ini;
}

describe.each(endMajors())("walmgr with PostgreSQL %i", (major) => {
  test("an old file loads: setup tells what it would change, changes it, and sync fetches the WAL", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: { wal_level: "logical" } });
    const ini = oldFile(folder, cluster.url());
    const setting = async (name: string): Promise<unknown> => {
      await using db = await openDatabase(cluster);
      return (
        await db.one<{ s: string }>(
          "select setting as s from pg_file_settings where name = $1 union all select '' limit 1",
          [name],
        )
      ).s;
    };

    const dry = await run(ini, "setup", "--not-really");
    const before = await setting("archive_mode");
    const wet = await run(ini, "setup");
    const after = await setting("archive_mode");
    await using db = await openDatabase(cluster);
    const lsn = formatLsn(await currentLsn(db));
    const sync = await run(ini, "sync", "--json");
    const again = await run(ini, "sync");
    const periodic = await run(ini, "periodic");

    expect(dry).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("archive_mode: 'off' -> 'on' (after a restart)") as unknown,
    });
    expect([before, wet.status, after]).toEqual(["", 0, "on"]);
    expect(dry.stdout).toMatch(/archive_command: .* -> '.*wal-master.ini archive-push "%p" %f'/);
    expect(sync).toMatchObject({ status: 0, stdout: `{"timeline":1,"lsn":"${lsn}"}\n` });
    expect(again.stdout).toBe(`everything up to ${lsn} of timeline 1 is stored\n`);
    expect(await localRepository(folder.file("walshipping")).identity()).toMatchObject({ majors: [major] });
    expect([periodic.status, existsSync(folder.file("periodic"))]).toEqual([0, true]);
  });

  test("setup lowers nothing: a server with a logical slot starts again; stop leaves alone what is not ours", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({
      major,
      settings: { wal_level: "logical", archive_mode: "always", archive_command: "'other-tool push %p'" },
    });
    const ini = oldFile(folder, cluster.url());
    const settings = async (): Promise<unknown> => {
      await using db = await openDatabase(cluster);
      return await db.one(
        `select current_setting('wal_level') as level, current_setting('archive_mode') as mode,
                current_setting('archive_command') as command, current_setting('synchronous_standby_names') as names`,
      );
    };
    {
      await using db = await openDatabase(cluster);
      await db.execute("select pg_create_logical_replication_slot('feed', 'pgoutput')");
    }

    const stop = await run(ini, "stop");
    const stopped = await settings();
    const setup = await run(ini, "setup");
    await cluster.halt("fast");
    await cluster.start();
    const restarted = await settings();
    const end = await run(ini, "stop", "--not-really");

    expect(stop.stderr).toContain("archive_command is not that of this configuration");
    expect([stop.status, stopped]).toEqual([
      0,
      { level: "logical", mode: "always", command: "other-tool push %p", names: "" },
    ]);
    expect(setup.status).toBe(0);
    expect(restarted).toEqual({
      level: "logical",
      mode: "always",
      command: expect.stringContaining(`${ini} archive-push`) as unknown,
      names: "",
    });
    expect(end.stdout).toMatch(/^archive_command: .* -> '\/bin\/true'\s*$/);
  });

  test("stop lays no trap in a server that does not archive", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());

    const untouched = await run(ini, "stop", "--not-really");
    const setup = await run(ini, "setup");
    const undone = await run(ini, "stop", "--not-really");

    expect(untouched).toMatchObject({ status: 0, stdout: "nothing would change\n" });
    expect(setup.status).toBe(0);
    expect(undone.stdout).toBe("archive_command: '(disabled)' -> ''\n");
  });

  test("sync copies the WAL of a server that is down, up to its last record, and goes on when it is back", async () => {
    using folder = temporaryFolder();
    const settings = { wal_keep_size: "'512MB'", min_wal_size: "'128MB'" };
    await using cluster = await startQuietCluster({ major, settings });
    const ini = oldFile(folder, cluster.url());
    const sync = async (): Promise<bigint> => {
      const { stdout, stderr } = await run(ini, "sync", "--json", "--set", `master_data=${cluster.dataDirectory}`);
      expect(stdout, stderr).toMatch(/^\{"timeline":1,"lsn":/);
      return parseLsn((JSON.parse(stdout) as { lsn: string }).lsn);
    };
    const repository = localRepository(folder.file("walshipping"));
    await sync();
    let lsn: bigint;
    {
      await using db = await openDatabase(cluster);
      await switchWal(db);
      await db.execute("create table t as select repeat(md5(g::text), 20) from generate_series(1, 60000) g");
      await switchWal(db);
      lsn = await currentLsn(db);
    }
    await cluster.halt("immediate");

    const end = await sync();
    const again = await sync();
    const copied = await compareWithServer(repository, cluster.dataDirectory);
    const begun = await repository.wal.partials();
    await cluster.start();
    const later = await sync();
    const received = await compareWithServer(repository, cluster.dataDirectory);

    expect(end).toBeGreaterThanOrEqual(lsn);
    expect([again === end, later > end]).toEqual([true, true]);
    expect(begun.map(({ flushedLsn }) => flushedLsn)).toContain(end);
    expect(copied.same.length).toBeGreaterThan(3);
    expect([copied.different, received.different]).toEqual([[], []]);
  });

  test("stop does not end well while the slot stays: nobody would use it, and it keeps WAL", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());
    const slots = async (): Promise<unknown> => {
      await using db = await openDatabase(cluster);
      return (await db.one<{ n: number }>("select count(*)::int as n from pg_replication_slots")).n;
    };
    const running = startReceiver(cluster.url(), folder.file("repo"), { slot: "walmgr_wal_master" });
    await until(() => running.receiver.state.isConnected, { what: "connected" });

    const early = await run(ini, "stop");
    const kept = await slots();
    await running.stop();
    await until(async () => (await run(ini, "stop")).status === 0, { what: "the server lets go of the slot" });

    expect([early.status, kept, await slots()]).toEqual([2, 1, 0]);
    expect(early.stderr).toContain("the slot walmgr_wal_master is in use and stays");
  });

  test("synchronous standbys are set only when enough of them are connected", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());

    const refused = await run(ini, "synch-standby", "walmgr_test");
    const running = startReceiver(cluster.url(), folder.file("repo"), { slot: null, isSynchronous: true });
    await until(() => running.receiver.state.isConnected, { what: "connected" });
    const two = await run(ini, "synch-standby", "FIRST 2 (walmgr_test, other)");
    const one = await run(ini, "synch-standby", "ANY 1 (walmgr_test, other)");
    await using db = await openDatabase(cluster);
    await until(
      async () => (await db.query("select 1 from pg_stat_replication where sync_state = 'quorum'")).length === 1,
    );
    const none = await run(ini, "synch-standby", "");
    // As a run leaves it that was killed before it asked for the reload.
    await db.execute("alter system set synchronous_standby_names = 'nobody'");
    const again = await run(ini, "synch-standby", "");
    await db.execute("select pg_reload_conf()");
    const set = await db.one("select setting from pg_file_settings where name = 'synchronous_standby_names'");
    await running.stop();

    expect([refused.status, two.status, one.status, none.status, again.status]).toEqual([2, 2, 0, 0, 0]);
    expect([again.stdout, set]).toEqual(["synchronous_standby_names: 'nobody' -> ''\n", { setting: "" }]);
    expect(refused.stderr).toContain("commits would wait for 1");
  });

  test("a standby is paused, goes on, and is promoted once its primary is gone", async () => {
    using folder = temporaryFolder();
    await using primary = await startQuietCluster({ major });
    await using cluster = await startQuietCluster({ major, settings: { restore_command: "'/bin/false'" } });
    await cluster.halt("fast");
    const signal = join(cluster.dataDirectory, "standby.signal");
    writeFileSync(signal, "");
    if (process.getuid?.() === 0) chownSync(signal, NOBODY, NOBODY);
    await cluster.start();
    const ini = oldFile(folder, primary.url());
    appendFileSync(ini, `slave_db = ${cluster.url()}\n`);
    const isPaused = async (): Promise<unknown> => {
      await using db = await openDatabase(cluster);
      return (await db.one<{ is: boolean }>("select pg_is_wal_replay_paused() as is")).is;
    };

    const pause = await run(ini, "pause");
    const paused = await isPaused();
    const goOn = await run(ini, "continue");
    const resumed = await isPaused();
    const refused = await run(ini, "promote");
    const rejected = await run(ini, "promote", "--set", `master_db=${primary.url("postgres", "nobody_known")}`);
    await primary.halt("immediate");
    const promoted = await run(ini, "promote", "--json");
    const again = await run(ini, "promote");

    expect([pause.status, paused, goOn.status, resumed]).toEqual([0, true, 0, false]);
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the old primary still answers") as unknown,
    });
    expect(rejected).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("does not say that the old primary is dead") as unknown,
    });
    expect(promoted).toMatchObject({ status: 0, stdout: '{"timeline":2}\n' });
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining("a primary already") as unknown });
  });

  test("a standby is promoted when it has all WAL that is stored on its way, whatever other timelines have", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: { restore_command: "'/bin/false'" } });
    const ini = oldFile(folder, "host=127.0.0.1 port=1 user=x dbname=x");
    appendFileSync(ini, `slave_db = ${cluster.url()}\n`);
    const [facts] = await queryAt<{ id: string; lsn: string }>(
      cluster.url(),
      "select system_identifier::text as id, pg_current_wal_lsn()::text as lsn from pg_control_system()",
    );
    const repository = localRepository(folder.file("walshipping"));
    await repository.enroll({ systemId: BigInt(facts!.id), segmentBytes: DEFAULT_SEGMENT_BYTES, major });
    const number = segmentOf(parseLsn(facts!.lsn), DEFAULT_SEGMENT_BYTES) + 2n;
    const later = segmentName({ timeline: 1, number }, DEFAULT_SEGMENT_BYTES);
    const bytes = madeSegment(later, 0, BigInt(facts!.id), DEFAULT_SEGMENT_BYTES);
    bytes.writeUInt32LE(24, 40); // a record and no more
    await repository.wal.putSegment(later, () => [bytes]);
    const end = segmentStart(number, DEFAULT_SEGMENT_BYTES) + 64n;
    await cluster.halt("fast");
    const signal = join(cluster.dataDirectory, "standby.signal");
    writeFileSync(signal, "");
    if (process.getuid?.() === 0) chownSync(signal, NOBODY, NOBODY);
    await cluster.start();

    const refused = await run(ini, "promote", "--timeout", "0.5s");
    await repository.wal.deleteSegments([(await repository.wal.find(later))!]);
    const dead = segmentName({ timeline: 9, number }, DEFAULT_SEGMENT_BYTES);
    await repository.wal.putHistory(9, "1\t0/1000000\ta test\n");
    await repository.wal.putPartial(dead, bytes, { writtenLsn: end, flushedLsn: end });
    const promoted = await run(ini, "promote", "--json");

    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`but ${formatLsn(end)} is known`) as unknown,
    });
    expect(promoted).toMatchObject({ status: 0, stdout: '{"timeline":2}\n' });
  });

  test("createslave makes a data directory that is a standby of the primary, with a slot there", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());
    const data = folder.file("standby");
    appendFileSync(ini, `slave_data = ${data}\n`);

    const old = await run(ini, "backup", "--json");
    {
      await using db = await openDatabase(cluster);
      await switchWal(db);
      await switchWal(db);
    }
    const made = await run(ini, "createslave", "--json");
    const again = await run(ini, "resurrect", "--json");
    await using db = await openDatabase(cluster);

    const [oldSet, set, againSet] = [old, made, again].map(({ stdout }) => (JSON.parse(stdout) as { set: string }).set);

    expect([old, made, again]).toMatchObject([{ status: 0 }, { status: 0 }, { status: 0 }]);
    // Nobody has stored the WAL behind the old one, and nothing kept it on the primary.
    expect([set === oldSet, againSet]).toEqual([false, set]);
    expect([existsSync(join(data, "standby.signal")), existsSync(join(data, "backup_label"))]).toEqual([true, true]);
    expect(await db.one("select slot_name, restart_lsn is not null as kept from pg_replication_slots")).toEqual({
      slot_name: "walmgr_wal_master_standby",
      kept: true,
    });
  });

  test("createslave into the directory of a running server makes neither a slot nor a backup", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());
    appendFileSync(ini, `slave_data = ${cluster.dataDirectory}\n`);

    const refused = await run(ini, "createslave");
    const backups = await run(ini, "info", "--json");
    await using db = await openDatabase(cluster);

    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("a server runs in") as unknown });
    expect(backups.stdout).not.toContain('F"');
    expect(await db.one("select count(*)::int4 as slots from pg_replication_slots")).toEqual({ slots: 0 });
  });

  test("a createslave that is refused behind its slot takes the slot away again, and only its own", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());
    appendFileSync(ini, `slave_data = ${folder.file("walshipping/inside")}\n`);
    const slots = "select slot_name from pg_replication_slots";
    await using db = await openDatabase(cluster);

    const refused = await run(ini, "createslave");
    const after = await db.query(slots);
    await db.execute("select pg_create_physical_replication_slot('walmgr_wal_master_standby')");
    const again = await run(ini, "createslave");

    expect([refused, again]).toMatchObject([{ status: 2 }, { status: 2 }]);
    expect(refused.stderr).toContain("are inside of each other");
    expect(after).toEqual([]);
    expect(await db.query(slots)).toHaveLength(1);
  });

  test("restore-test without a server program ends before it restores", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());
    await run(ini, "backup");

    const tested = await run(ini, "restore-test", "--bin", folder.path);

    expect(tested).toMatchObject({ status: 1, stderr: expect.stringContaining("no program postgres") as unknown });
    expect(tested.stderr).not.toContain("restore started");
  });

  test("a restore into the repository, or around it, is refused and leaves it as it is", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = oldFile(folder, cluster.url());
    await run(ini, "backup");
    const before = await run(ini, "info", "--json");

    const inside = await run(ini, "restore", "--dest", folder.file("walshipping/restored"));
    const around = await run(ini, "restore", "--dest", folder.path, "--delta");

    for (const refused of [inside, around]) {
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("inside of each other") as unknown });
    }
    expect((await run(ini, "info", "--json")).stdout).toBe(before.stdout);
  });

  test("a server that cannot be reached is status 4", async () => {
    using folder = temporaryFolder();
    const ini = oldFile(folder, "host=127.0.0.1 port=1 user=x dbname=x");

    expect(await run(ini, "sync")).toMatchObject({ status: 4 });
  });
});
