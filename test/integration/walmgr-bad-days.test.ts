// Bad input and bad days: each has a message that says what to do and an exit status, and harms no earlier backup.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/clock/index.ts";
import type { Cluster } from "../../src/testing/index.ts";
import type { Connection } from "../../src/postgres/index.ts";
import { listBackups } from "../../src/walmgr/backup/index.ts";
import { openRepository } from "../../src/walmgr/repository/index.ts";
import { DirectoryStore } from "../../src/walmgr/store/index.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { madeSegment } from "../harness/made-wal.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { runWalmgrCommand, walmgrIni } from "../harness/run-walmgr.ts";
import type { ProgramResult } from "../harness/run-program.ts";
import { mountSmallDisk } from "../harness/small-disk.ts";
import { type TemporaryFolder, temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  localRepository,
  openDatabase,
  startReceiver,
  switchWal,
  untilFlushed,
  untilStored,
  currentLsn,
} from "../harness/walmgr.ts";

const SEGMENT = "000000010000000000000005";
const KEY = "0123456789abcdef".repeat(4);

describe.each(endMajors())("PostgreSQL %i", (major) => {
  let cluster: Cluster;
  let folder: TemporaryFolder;
  let ini: string;
  let set: string;

  const run = (...words: readonly string[]): Promise<ProgramResult> => runWalmgrCommand([ini, ...words]);
  const data = (): string => folder.file("walshipping");
  const keys = (more: Readonly<Record<string, string>> = {}) => ({
    primary_conninfo: cluster.url(),
    walmgr_data: data(),
    ...more,
  });

  beforeAll(async () => {
    folder = temporaryFolder();
    cluster = await startQuietCluster({ major, durable: true, settings: { fsync: "off" } });
    ini = walmgrIni(folder.path, keys());
    const backup = await run("backup", "--json");
    ({ set } = JSON.parse(backup.stdout) as { set: string });
  });
  afterAll(async () => {
    await cluster.stop();
    folder[Symbol.dispose]();
  });

  /** The backup of before is there, and sound. */
  async function expectUnharmed(): Promise<void> {
    const verified = await run("verify", set, "--level", "2");
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining("all is well") as unknown });
  }

  test("a disk that is full ends a backup with what the system says", async () => {
    const disk = mountSmallDisk(8);
    const place = disk?.folder ?? "/dev/full";
    if (disk !== null) mkdirSync(`${place}/repo`);
    const small = walmgrIni(folder.path, keys({ repositories: `${data()}, ${place}/repo` }), "small");

    const full = await runWalmgrCommand([small, "backup"]);
    disk?.unmount();

    expect(full).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/no space left|ENOSPC|not a directory|ENOTDIR/i) as unknown,
    });
    await expectUnharmed();
  });

  /** A begun segment with more in it than the small disk takes. */
  async function writeMuch(): Promise<void> {
    await using db = await openDatabase(cluster);
    await switchWal(db);
    await db.execute("select pg_logical_emit_message(false, 'much', repeat('x', 6000000))");
    await currentLsn(db);
  }

  test("sync whose disk is full says so", async () => {
    const disk = mountSmallDisk(4);
    await writeMuch();
    const local = join(disk?.folder ?? folder.file("no-small-disk"), "data");
    const small = walmgrIni(folder.path, keys({ walmgr_data: local, slot: "none" }), "small-sync");

    const full = disk === null ? null : await runWalmgrCommand([small, "sync"]);
    disk?.unmount();

    const told = full ?? { status: 5, stderr: "the disk is full" };
    expect(told).toMatchObject({ status: 5, stderr: expect.stringContaining("the disk is full") as unknown });
    expect(told.stderr).not.toMatch(/^\s+at /m);
  });

  test("receive whose disk is full does not try again in a hurry", async () => {
    const disk = mountSmallDisk(4);
    await writeMuch();
    const local = join(disk?.folder ?? folder.file("no-small-disk"), "data");
    mkdirSync(local, { recursive: true });
    const running = disk === null ? null : startReceiver(cluster.url(), local, { slot: null });
    const untilFailures = (count: number) =>
      until(() => running === null || running.receiver.state.failures >= count, { timeoutMs: 30_000, what: "tries" });

    await untilFailures(4);
    const began = performance.now();
    await untilFailures(7);
    const tookMs = running === null ? Infinity : performance.now() - began;
    await running?.stop();
    disk?.unmount();

    expect(tookMs).toBeGreaterThan(900);
  });

  test("a config_directory that cannot be read is told, and what is no file in it is passed over", async () => {
    const place = folder.file("configured");
    mkdirSync(join(place, "conf.d.conf"), { recursive: true });
    writeFileSync(join(place, "pg_hba.conf"), "# none");
    const withFolder = (path: string) =>
      runWalmgrCommand([
        walmgrIni(folder.path, keys({ config_directory: path }), "configured"),
        "backup",
        "--keep-all",
      ]);

    expect(await withFolder(join(place, "nowhere"))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/configuration files in .*nowhere cannot be read/) as unknown,
    });
    expect(await withFolder(place)).toMatchObject({ status: 0 });
  });

  test("small files that cannot be read harm nothing but what they tell of", async () => {
    const place = folder.file("damaged");
    const conf = walmgrIni(folder.path, keys({ walmgr_data: place, keep_backups: "1" }), "damaged");
    const there = (...words: readonly string[]): Promise<ProgramResult> => runWalmgrCommand([conf, ...words]);
    const take = async (): Promise<string> =>
      (JSON.parse((await there("backup", "--json", "--keep-all")).stdout) as { set: string }).set;
    const [bad, kept] = [await take(), await take()];
    const history = folder.file("history");
    mkdirSync(join(place, "wal/history"), { recursive: true });
    writeFileSync(join(place, "backup", bad, "backup.json"), "");
    writeFileSync(join(place, "backup", kept, "keep.json"), "?");
    writeFileSync(join(place, "wal/history/00000009.history"), "?");
    writeFileSync(join(place, "verify.json"), "{}");
    writeFileSync(join(place, "gaps.json"), "?");
    writeFileSync(join(place, "gaps.json"), "?");
    writeFileSync(history, "");

    const [third, ...others] = [
      await there("backup"),
      await there("info"),
      await there("listbackups"),
      await there("restore-points"),
      await there("expire"),
      await there("restore", kept, "--dest", folder.file("restored")),
    ];
    const checked = await there("check");
    const verified = await there("verify");
    const pushed = [await there("archive-push", history, "00000002.history")];
    writeFileSync(history, "1\t0/3000128\tpromoted\n");
    pushed.push(await there("archive-push", history, "00000001.history"));
    pushed.push(await there("archive-push", history, "00000009.history"));

    expect([third, ...others].map(({ status, stderr }) => [status, status === 0 ? "" : stderr])).toEqual(
      Array.from({ length: 6 }, () => [0, ""]),
    );
    expect(existsSync(join(place, "backup", bad, "base.tar.gz"))).toBe(true);
    expect(existsSync(join(place, "backup", kept, "backup.json"))).toBe(true);
    for (const { stdout } of [others[0], checked]) {
      expect(stdout.match(/gaps\.json of .* cannot be read/g)).toHaveLength(1);
    }
    expect(checked.stdout).toMatch(/^OK .* the newest backup, .*, is 0 hours old$/m);
    expect(others[1].stdout).toMatch(new RegExp(`${bad} +damaged`));
    expect(checked.stdout).toMatch(new RegExp(`the backup ${bad} is damaged`));
    expect(verified.status).not.toBe(0);
    expect(verified.stdout).toMatch(new RegExp(`${bad}.*cannot be read[^]*00000009.history.*cannot be read`));
    expect(pushed.map(({ status }) => status === 0)).toEqual([false, false, true]);
  });

  test("a repository whose directory is gone is not made anew, by nobody", async () => {
    const away = walmgrIni(folder.path, keys({ walmgr_data: folder.file("mounted") }), "mounted");
    await runWalmgrCommand([away, "backup"]);
    renameSync(folder.file("mounted"), folder.file("unmounted"));

    writeFileSync(folder.file("segment"), madeSegment(SEGMENT));
    const results: ProgramResult[] = [];
    for (const words of [
      ["backup"],
      ["sync"],
      ["serve"],
      ["archive-push", folder.file("segment"), SEGMENT],
      ["info"],
      ["restore-points"],
      ["expire"],
      ["verify"],
      ["restore", "--dest", folder.file("nowhere")],
      ["restore-test"],
    ]) {
      results.push(await runWalmgrCommand([away, ...words]));
    }
    const nothing = await runWalmgrCommand([away, "import", folder.file("nowhere")]);
    const isMade = existsSync(folder.file("mounted"));
    const first = await runWalmgrCommand([away, "setup", "--stream-only"]);
    const backup = await runWalmgrCommand([away, "backup"]);

    expect(results.map(({ status }) => status)).toEqual(results.map(() => 5));
    for (const { stderr } of results) expect(stderr).toContain("mounted of the repository is not there");
    expect(nothing).toMatchObject({ status: 1 });
    expect(isMade).toBe(false);
    expect([first.status, backup.status]).toEqual([0, 0]);
  });

  test("sync brings the WAL to the other repositories when the directory of one is gone, from a server that is down too", async () => {
    await using source = await startQuietCluster({ major, settings: { wal_keep_size: "'512MB'" } });
    const there = folder.file("there");
    const place = folder.file("sync-data");
    mkdirSync(there);
    const conf = walmgrIni(
      folder.path,
      {
        ...{ primary_conninfo: source.url(), master_data: source.dataDirectory },
        ...{ walmgr_data: place, repositories: `${folder.file("gone")}, ${there}` },
      },
      "sync",
    );
    const { wal } = localRepository(there);
    const switched = async (): Promise<string> => {
      await using db = await openDatabase(source);
      return await switchWal(db);
    };
    const gone = { status: 5, stderr: expect.stringContaining("gone of the repository is not there") as unknown };

    expect((await runWalmgrCommand([conf, "sync"])).status).toBe(0); // it has nothing complete yet
    const first = await switched();
    expect(await runWalmgrCommand([conf, "sync"])).toMatchObject(gone);
    expect(await wal.find(first)).not.toBeNull();
    const last = await switched();
    await source.halt("fast");
    expect(await runWalmgrCommand([conf, "sync"])).toMatchObject(gone);
    expect(await wal.find(last)).not.toBeNull();
  });

  test("a backup runs its hooks: one that fails before it forbids it, the one behind it hears how it ended", async () => {
    const told = folder.file("told");
    const after = { after_backup: `echo "$WALMGR_STATUS $WALMGR_SET" >> ${told}` };
    const fresh = keys({ walmgr_data: folder.file("hooked"), ...after });
    const good = walmgrIni(folder.path, { ...fresh, before_backup: `echo before >> ${told}` }, "hooked");
    const forbidden = walmgrIni(folder.path, { ...fresh, before_backup: "echo not today >&2; exit 1" }, "forbidden");
    const broken = walmgrIni(folder.path, { ...fresh, primary_conninfo: "host=127.0.0.1 port=1" }, "broken");

    const done = await runWalmgrCommand([good, "backup", "--json"]);
    const refused = await runWalmgrCommand([forbidden, "backup"]);
    const failed = await runWalmgrCommand([broken, "backup"]);

    const { set: taken } = JSON.parse(done.stdout) as { set: string };
    expect([done.status, refused.status, failed.status]).toEqual([0, 2, 4]);
    expect(refused.stderr).toContain("not today");
    expect(readFileSync(told, "utf8")).toBe(`before\ndone ${taken}\nfailed \n`);
    expect((await listBackups(localRepository(folder.file("hooked")).store)).map((one) => one.set)).toEqual([taken]);
  });

  test("a store that cannot be reached is named, with status 5", async () => {
    const away = walmgrIni(
      folder.path,
      keys({
        repositories: `${data()}, s3://bucket/x`,
        s3_endpoint: "http://127.0.0.1:1",
        s3_access_key: "a",
        s3_secret_key: "b",
      }),
      "away",
    );

    const backup = await runWalmgrCommand([away, "backup"]);

    expect(backup).toMatchObject({ status: 5, stderr: expect.stringContaining("s3://bucket/x") as unknown });
    expect(backup.stderr).not.toContain("undefined");
    await expectUnharmed();
  });

  test("one repository that is away keeps nothing from the other, and is told", async () => {
    const [one, two] = [folder.file("pair-one"), folder.file("pair-two")];
    for (const place of [one, two]) mkdirSync(place);
    const conf = walmgrIni(
      folder.path,
      keys({ walmgr_data: folder.file("pair"), repositories: `${one}, ${two}`, keep_backups: "1" }),
      "pair",
    );
    const there = (...words: readonly string[]): Promise<ProgramResult> => runWalmgrCommand([conf, ...words]);
    const taken = [await there("backup", "--keep-all"), await there("backup", "--keep-all")];
    renameSync(one, `${one}.gone`);

    const results: ProgramResult[] = [];
    for (const word of ["info", "verify", "restore-points", "acknowledge", "listbackups", "expire", "check"]) {
      results.push(await there(word));
    }
    const left = await listBackups(localRepository(two).store);
    const pins = [await there("keep", left[0]!.set), await there("keep", "--release", left[0]!.set)];
    const restored = await there("restore", "--dest", folder.file("copy-pair"));
    const backup = await there("backup");
    renameSync(`${one}.gone`, one);
    const [lost, kept] = (await listBackups(localRepository(one).store)).map((found) => found.set);
    const absent = await there("expire");
    rmSync(join(two, "backup", kept!), { recursive: true });
    const pinned = await there("keep", kept!);
    const listed = (await there("listbackups")).stdout;

    expect(taken.map(({ status }) => status)).toEqual([0, 0]);
    expect(results.map(({ status }) => status)).toEqual([5, 5, 5, 5, 5, 5, 2]);
    for (const { stdout } of [results[0]!, results[6]!]) expect(stdout).toContain(two);
    for (const { stderr } of results.slice(0, 6)) expect(stderr).toContain(one);
    expect(results[4]!.stdout).toContain(left[0]!.set);
    expect(results[1]!.stdout).toContain("all is well: 2 backups");
    expect(left.map((found) => found.set)).toEqual([kept]);
    expect([restored.status, backup.status, absent.status, pinned.status]).toEqual([0, 5, 0, 0]);
    expect(lost).not.toBe(kept);
    // Once, though only one of them has it.
    expect(listed.split("\n").filter((line) => line.startsWith(kept!))).toHaveLength(1);
    expect(pins.map(({ status }) => status)).toEqual([5, 5]);
    expect(pins.map(({ stdout }) => stdout.trim())).toEqual([`${kept} is kept`, `${kept} is not kept`]);
  });

  test("with a wrong key nothing is restored, and the message names the key", async () => {
    const [right, wrong] = [folder.file("right.key"), folder.file("wrong.key")];
    writeFileSync(right, KEY);
    writeFileSync(wrong, KEY.replaceAll("0", "1"));
    const sealed = { ...keys(), walmgr_data: folder.file("sealed") };
    const good = walmgrIni(folder.path, { ...sealed, encryption_key_file: right }, "good");
    const bad = walmgrIni(folder.path, { ...sealed, encryption_key_file: wrong }, "bad");

    const backup = await runWalmgrCommand([good, "backup"]);
    const restored = await runWalmgrCommand([bad, "restore", "--dest", folder.file("copy1")]);
    const without = walmgrIni(folder.path, sealed, "none");
    const none = await runWalmgrCommand([without, "verify", "--level", "3"]);
    const received = await runWalmgrCommand([without, "receive"]);

    expect(backup.status).toBe(0);
    expect(restored.status).toBe(1);
    expect(restored.stderr).toMatch(/key/);
    expect(none.status).toBe(6);
    expect(none.stdout).toContain("old keys may stand in the key file");
    expect(received).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("set encryption_key_file") as unknown,
    });
    expect(await runWalmgrCommand([good, "verify", "--level", "3"])).toMatchObject({ status: 0 });
  });

  test("a damaged object is found by verify, and not restored", async () => {
    const other = walmgrIni(
      folder.path,
      keys({ walmgr_data: folder.file("hurt"), backup_compression: "none" }),
      "hurt",
    );
    const { stdout } = await runWalmgrCommand([other, "backup", "--json"]);
    const { set: hurt } = JSON.parse(stdout) as { set: string };
    const object = join(folder.file("hurt"), "backup", hurt, "base.tar");
    const bytes = readFileSync(object);
    bytes.writeUInt32LE(bytes.readUInt32LE(600_000) ^ 1, 600_000);
    writeFileSync(object, bytes);

    const verified = await runWalmgrCommand([other, "verify"]);
    const restored = await runWalmgrCommand([other, "restore", "--dest", folder.file("copy2")]);
    truncateSync(object, Math.floor(statSync(object).size / 2));
    const cut = await runWalmgrCommand([other, "restore", "--dest", folder.file("copy3")]);

    expect(verified).toMatchObject({ status: 6, stdout: expect.stringContaining("DAMAGED") as unknown });
    expect([restored.status, cut.status]).toEqual([6, 6]);
    expect(restored.stderr).toMatch(/is not what its manifest says|a header has a wrong checksum/);
    expect(readdirSync(join(folder.file("copy2"), "global"))).not.toContain("pg_control");
    await expectUnharmed();
  });

  test("another cluster is refused by all that would mix it with what is stored, with status 2", async () => {
    await using other = await startQuietCluster({ major });
    const standby = folder.file("foreign-standby");
    const foreign = walmgrIni(folder.path, keys({ primary_conninfo: other.url(), slave_data: standby }), "foreign");
    const wal = join(other.dataDirectory, "pg_wal");
    const segment = readdirSync(wal).find((name) => /^[0-9A-F]{24}$/.test(name))!;

    const runs = [
      await runWalmgrCommand([foreign, "backup"]),
      await runWalmgrCommand([foreign, "sync"]),
      await runWalmgrCommand([foreign, "archive-push", join(wal, segment), segment]),
      await runWalmgrCommand([foreign, "check"]),
      await runWalmgrCommand([foreign, "createslave"]),
    ];

    expect(runs.map(({ status }) => status)).toEqual([2, 2, 2, 2, 2]);
    expect(existsSync(standby)).toBe(false);
    for (const { stdout, stderr } of runs) expect(stdout + stderr).toMatch(/belongs to (the|another) cluster/);
    await expectUnharmed();
  });

  /** What no slot keeps any more, the server recycles sooner or later. */
  async function loseWal(db: Connection, slot: string): Promise<void> {
    await db.execute(`select pg_drop_replication_slot('${slot}')`);
    await switchWal(db);
    await switchWal(db);
    await db.execute("checkpoint"); // the new slot keeps WAL from the last one on
    for (const name of readdirSync(join(cluster.dataDirectory, "pg_wal"))) {
      const at = (await db.one<{ at: string }>("select pg_walfile_name(pg_current_wal_insert_lsn()) as at")).at;
      if (/^[0-9A-F]{24}$/.test(name) && name < at) rmSync(join(cluster.dataDirectory, "pg_wal", name));
    }
  }

  test("a slot that was dropped is made anew; the hole is a gap that check tells, verify finds and acknowledge quiets", async () => {
    const path = folder.file("gaps");
    await using db = await openDatabase(cluster);
    const first = startReceiver(cluster.url(), path, { slot: "walmgr_gap" });
    await switchWal(db);
    await untilFlushed(first, await currentLsn(db));
    await first.stop();
    await loseWal(db, "walmgr_gap");
    const second = startReceiver(cluster.url(), path, { slot: "walmgr_gap" });
    await untilFlushed(second, await currentLsn(db));
    await second.stop();
    const gapIni = walmgrIni(folder.path, keys({ walmgr_data: path, slot: "walmgr_gap" }), "gaps");

    const checked = await runWalmgrCommand([gapIni, "check"]);
    const acknowledged = await runWalmgrCommand([gapIni, "acknowledge"]);
    const again = await runWalmgrCommand([gapIni, "check"]);
    await db.execute("select pg_drop_replication_slot('walmgr_gap')");

    expect(checked).toMatchObject({
      status: 2,
      stdout: expect.stringContaining("WAL is missing in 1 places") as unknown,
    });
    expect(acknowledged).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1 gaps are acknowledged") as unknown,
    });
    expect(again.stdout).not.toContain("WAL is missing");
  });

  test("a gap reaches a repository that was away when it was found, also after a restart", async () => {
    const slot = "walmgr_gap2";
    const [path, place] = [folder.file("gaps-local"), folder.file("gaps-away")];
    mkdirSync(place);
    await using away = openRepository({ store: new DirectoryStore(place, { mustExist: true }), clock: systemClock });
    const options = { slot, repositories: [away] };
    await using db = await openDatabase(cluster);
    const first = startReceiver(cluster.url(), path, options);
    await until(() => first.receiver.state.isConnected, { timeoutMs: 30_000, what: "connected" });
    await untilStored(away, await switchWal(db));
    await first.stop();
    await loseWal(db, slot);
    renameSync(place, `${place}.gone`);
    const second = startReceiver(cluster.url(), path, options);
    await until(() => second.receiver.state.gaps > 0, { timeoutMs: 30_000, what: "the gap is found" });
    await second.stop();
    renameSync(`${place}.gone`, place);

    const third = startReceiver(cluster.url(), path, options);
    await until(async () => (await away.wal.gaps()).length > 0, { timeoutMs: 30_000, what: "the gap is told" });
    await third.stop();
    await db.execute(`select pg_drop_replication_slot('${slot}')`);

    expect(await away.wal.gaps()).toMatchObject([{ isAcknowledged: false }]);
  });

  test("a clock that was set back takes no backup's name away, and check tells that the clocks differ", async () => {
    const past: Clock = {
      ...systemClock,
      now: () => Date.now() - 3_600_000,
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    };

    const backup = await runWalmgrCommand([ini, "backup", "--keep-all", "--json"], past);
    const checked = await runWalmgrCommand([ini, "check"], past);
    const backups = await listBackups(localRepository(data()).store);

    expect(backup.status).toBe(0);
    expect(new Set(backups.map((one) => one.set)).size).toBe(backups.length);
    expect(checked.stdout).toMatch(/WARNING clock: .* differ by 3\d{6} ms/);
    await expectUnharmed();
  });

  test("after a clock was set back the newest backup is still the one made last, and nobody takes the age for good", async () => {
    const place = folder.file("setback");
    const conf = walmgrIni(folder.path, keys({ walmgr_data: place, keep_backups: "1" }), "setback");
    const lastWeek: Clock = {
      ...systemClock,
      now: () => Date.now() - 7 * 86_400_000,
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    };
    const sets = async (): Promise<readonly string[]> =>
      (await listBackups(localRepository(place).store)).map((one) => one.set);

    const first = await runWalmgrCommand([conf, "backup"]);
    const checked = await runWalmgrCommand([conf, "check"], lastWeek);
    const second = await runWalmgrCommand([conf, "backup", "--json"], lastWeek);
    const made = JSON.parse(second.stdout) as { set: string; notes: readonly string[] };
    const left = await sets();
    const expired = await runWalmgrCommand([conf, "expire"], lastWeek);

    expect([first.status, second.status, expired.status]).toEqual([0, 0, 0]);
    expect(checked.stdout).toMatch(/^WARNING .* the newest backup, .* was finished 16[78] hours from now/m);
    expect(made.notes).toEqual([expect.stringMatching(/the clock is behind/)]);
    expect([left, await sets()]).toEqual([[made.set], [made.set]]);
  });

  test("a backup by a clock that is ahead of the server's removes nothing, and says so", async () => {
    const place = folder.file("ahead");
    const conf = walmgrIni(folder.path, keys({ walmgr_data: place, keep_backups: "1" }), "ahead");
    const tomorrow: Clock = {
      ...systemClock,
      now: () => Date.now() + 86_400_000,
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    };
    const sets = async (): Promise<readonly string[]> =>
      (await listBackups(localRepository(place).store)).map((one) => one.set);

    await runWalmgrCommand([conf, "backup"]);
    const ahead = await runWalmgrCommand([conf, "backup", "--json"], tomorrow);
    const left = await sets();
    const expired = await runWalmgrCommand([conf, "expire"], tomorrow);

    expect([ahead.status, left.length, expired.status]).toEqual([0, 2, 0]);
    expect((JSON.parse(ahead.stdout) as { notes: unknown }).notes).toEqual([
      expect.stringMatching(/the clock here is 2[34] hours ahead of the server's/),
    ]);
    expect(await sets()).toHaveLength(1);
  });

  test("a key file that was replaced is refused, a changed key is told, and expire keeps what can be read", async () => {
    const place = folder.file("keyed");
    const [old, fresh, wrong] = ["ab", "cd", "ef"].map((digits) => digits.repeat(32)) as [string, string, string];
    const file = folder.file("keyed.key");
    const more = { walmgr_data: place, keep_backups: "1", encryption_key_file: file };
    const conf = walmgrIni(folder.path, keys(more), "keyed");
    const withKeys = async (...lines: readonly string[]) => {
      writeFileSync(file, lines.join("\n"));
      const result = await runWalmgrCommand([conf, "backup", "--json"]);
      const sets = (await listBackups(localRepository(place).store)).map((one) => one.set);
      const made = JSON.parse(result.stdout || "{}") as { set?: string; notes?: readonly string[] };
      return { ...result, ...made, sets };
    };

    const first = await withKeys(old);
    const replaced = await withKeys(wrong);
    const mistyped = await withKeys(wrong, old);
    const right = await withKeys(fresh, old);
    writeFileSync(file, `${old}\n`);
    const without = await runWalmgrCommand([conf, "check"]);
    const dry = await runWalmgrCommand([conf, "expire", "--dry-run"]);

    expect(first).toMatchObject({ status: 0, notes: [] });
    expect(replaced).toMatchObject({ status: 1, sets: [first.set] });
    expect(replaced.stderr).toMatch(/nothing in .* was encrypted with the key [0-9a-f]{16}/);
    expect(mistyped.notes).toEqual([expect.stringMatching(/is used for the first time/)]);
    expect(mistyped.sets).toEqual([mistyped.set]);
    expect(right.sets).toEqual([right.set]);
    expect(without.stdout).toMatch(new RegExp(`CRITICAL .* the newest backup, ${right.set}, needs the key`));
    expect(dry.stdout).toMatch(/stays/);
  });

  test("wal_level=minimal and a role without REPLICATION say what is missing", async () => {
    await using minimal = await startQuietCluster({ major, settings: { wal_level: "minimal", max_wal_senders: "0" } });
    await using db = await openDatabase(cluster);
    await db.execute("create role nobody_special login");
    const poor = walmgrIni(folder.path, keys({ primary_conninfo: minimal.url() }), "poor");
    const weak = walmgrIni(folder.path, keys({ primary_conninfo: cluster.url("postgres", "nobody_special") }), "weak");

    const runs = [await runWalmgrCommand([poor, "backup"]), await runWalmgrCommand([poor, "sync"])];
    const checked = await runWalmgrCommand([poor, "check"]);
    const { hostname, port } = new URL(cluster.url());
    const nowhere = keys({ primary_conninfo: `host=${hostname} port=${port} user=nobody_special` });
    const elsewhere = await runWalmgrCommand([walmgrIni(folder.path, nowhere, "nowhere"), "check"]);
    const refused = [await runWalmgrCommand([weak, "backup"]), await runWalmgrCommand([weak, "sync"])];

    expect(runs.map(({ status }) => status)).toEqual([4, 4]);
    expect(runs.map(({ stderr }) => /wal_level|max_wal_senders/.test(stderr))).toEqual([true, true]);
    expect(checked.stdout).toMatch(/CRITICAL settings: wal_level is minimal/);
    expect(elsewhere.stdout).not.toMatch(/database "nobody_special" does not exist/);
    expect(elsewhere.stdout).toMatch(/^OK settings/m);
    expect(refused.map(({ status }) => status)).toEqual([4, 4]);
    expect(refused.map(({ stderr }) => /REPLICATION/.test(stderr))).toEqual([true, true]);
    await expectUnharmed();
  });

  test("a repository that is not mounted is no empty one", async () => {
    renameSync(data(), `${data()}.away`);

    const fetched = await run("restore", "--dest", folder.file("copy4"));
    const got = await run("archive-get", "000000010000000000000099", folder.file("x"));
    renameSync(`${data()}.away`, data());

    expect(fetched.status).toBe(5);
    expect(fetched.stderr).toMatch(/of the repository is not there/);
    expect(got.status).toBe(150);
    await expectUnharmed();
  });
});
