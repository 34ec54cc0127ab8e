// The receiver when the server changes under it: new timelines, a slot that lost its WAL, kills.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { type Connection, connectReplication } from "../../src/postgres/index.ts";
import { takeBackup } from "../../src/walmgr/backup/index.ts";
import { parseLsn } from "../../src/walmgr/index.ts";
import { verify } from "../../src/walmgr/verify/index.ts";
import { majors } from "../harness/database.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  currentLsn,
  isContiguous,
  localRepository,
  openDatabase,
  promoteAgain,
  receiverFor,
  startReceiver,
  switchWal,
  untilFlushed,
  untilStored,
} from "../harness/walmgr.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/src/cli/walmgr.js", import.meta.url));

const load = (db: Connection, rows: number): Promise<unknown> =>
  db.execute(`insert into load (t) select repeat(md5(g::text), 20) from generate_series(1, ${rows}) g`);

describe.each(majors())("a receiver of PostgreSQL %i whose server changes", (major) => {
  test("two promotions in a row are followed, each in the middle of a segment", async () => {
    using folder = temporaryFolder();
    const settings = { wal_keep_size: "'512MB'", restore_command: "'/bin/false'", fsync: "off" };
    await using cluster = await startQuietCluster({ major, settings });
    const path = folder.file("repo");
    let db = await openDatabase(cluster);
    await db.execute("create table load (id bigserial, t text)");
    const running = startReceiver(cluster.url(), path);
    await until(() => running.receiver.state.isConnected, { what: "connected" });

    for (const timeline of [2, 3]) {
      await load(db, 2_000);
      await untilFlushed(running, await currentLsn(db));
      await db.close();
      await promoteAgain(cluster);
      db = await openDatabase(cluster);
      await until(async () => !(await db.one<{ r: boolean }>("select pg_is_in_recovery() as r")).r);
      await load(db, 2_000);
      const name = await switchWal(db);
      expect(Number.parseInt(name.slice(0, 8), 16)).toBe(timeline);
      await untilStored(running.repository, name);
    }
    await running.stop();
    await db.close();
    const { wal } = running.repository;

    expect(await wal.histories()).toEqual([2, 3]);
    expect((await compareWithServer(running.repository, cluster.dataDirectory)).different).toEqual([]);
    expect((await wal.partials()).map(({ timeline }) => timeline)).toEqual(expect.arrayContaining([1, 2]));
  });

  test("WAL that the server threw away is recorded as a gap, verify tells of it until the next full backup, and receiving goes on behind it", async () => {
    using folder = temporaryFolder();
    const settings = {
      max_slot_wal_keep_size: "'16MB'",
      wal_keep_size: "0",
      max_wal_size: "'64MB'",
      min_wal_size: "'32MB'",
      fsync: "off",
    };
    await using cluster = await startQuietCluster({ major, settings });
    await using db = await openDatabase(cluster);
    await db.execute("create table load (id bigserial, t text)");
    const path = folder.file("repo");
    const first = startReceiver(cluster.url(), path);
    await until(() => first.receiver.state.isConnected, { what: "connected" });
    await untilFlushed(first, await currentLsn(db));
    await first.stop();
    await until(
      async () => {
        await load(db, 1_000);
        await switchWal(db);
        const { status } = await db.one<{ status: string }>("select wal_status as status from pg_replication_slots");
        return status === "lost";
      },
      { what: "the slot lost its WAL", timeoutMs: 60_000 },
    );

    const second = startReceiver(cluster.url(), path);
    await until(() => second.receiver.state.gaps === 1, { what: "gap", timeoutMs: 60_000 });
    await until(() => second.receiver.state.isConnected, { what: "connected" });
    const name = await switchWal(db);
    await untilStored(second.repository, name);
    const { repository } = second;
    const backup = () =>
      takeBackup({
        ...{ repositories: [repository], type: "full", coding: { compression: "none" }, wal: "include" },
        ...{ connect: () => connectReplication(cluster.url(), { env: {} }), clock: systemClock },
      });
    const [gap] = await repository.wal.gaps();
    const before = await verify({ repository, level: 1, clock: systemClock });
    await backup();
    const after = await verify({ repository, level: 1, clock: systemClock });
    await second.stop();

    expect(gap).toMatchObject({ timeline: 1, isAcknowledged: false });
    expect(gap!.endLsn > gap!.startLsn).toBe(true);
    expect(before.findings).toContainEqual(
      expect.objectContaining({ severity: "bad", message: expect.stringContaining("WAL is missing") as unknown }),
    );
    expect(after.findings.filter(({ severity }) => severity === "bad")).toEqual([]);
    expect((await compareWithServer(second.repository, cluster.dataDirectory)).different).toEqual([]);
  });

  test("a logical slot of the configured name is refused, and left alone", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: { wal_level: "logical" } });
    await using db = await openDatabase(cluster);
    await db.execute("select pg_create_logical_replication_slot('walmgr_test', 'pgoutput')");
    const slot = (): Promise<unknown> => db.one("select slot_type, restart_lsn from pg_replication_slots");
    const before = await slot();

    const { receiver } = receiverFor(cluster.url(), folder.path);
    await expect(receiver.sync(new AbortController().signal)).rejects.toMatchObject({
      code: "SAFETY_REFUSED",
      message: expect.stringContaining("is a logical one") as unknown,
    });

    expect(await slot()).toEqual(before);
  });

  test("killed at any moment under load, it leaves no hole and no wrong byte", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: { wal_keep_size: "'1GB'", fsync: "off" } });
    await using db = await openDatabase(cluster);
    await db.execute("create table load (id bigserial, t text)");
    const [ini, data] = [folder.file("w.ini"), folder.file("data")];
    mkdirSync(data);
    const lines = [`job_name = kill`, `walmgr_data = ${data}`, `primary_conninfo = ${cluster.url()}`];
    writeFileSync(ini, `[walmgr]\n${lines.join("\n")}\n`);
    const repository = localRepository(data);

    for (const pauseRows of [500, 15_000, 4_000, 25_000]) {
      const child = spawn(execPath, [PROGRAM, ini, "receive", "-q"], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await until(
        async () =>
          (
            await db.query(
              "select 1 from pg_stat_replication where state = 'streaming' and application_name = 'walmgr_archive'",
            )
          ).length > 0,
        { what: "streaming", timeoutMs: 60_000 },
      );
      await load(db, pauseRows);
      child.kill("SIGKILL");
      await ended;
    }
    const last = await switchWal(db);
    const running = startReceiver(cluster.url(), data, { slot: "walmgr_kill" });
    await untilStored(repository, last);
    await running.stop();
    const { same, different } = await compareWithServer(repository, cluster.dataDirectory);

    expect(different).toEqual([]);
    expect(same.length).toBeGreaterThan(2);
    expect(await isContiguous(repository, 1)).toBe(true);
  });
});

// Servers before 15 do not tell the receiver what a slot keeps.
describe.each(majors().filter((major) => major >= 15))("a receiver of PostgreSQL %i that asks its slot", (major) => {
  test("behind missing WAL it goes on where its slot begins, and takes nothing from it", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: { wal_keep_size: "0", fsync: "off" } });
    await using db = await openDatabase(cluster);
    const first = startReceiver(cluster.url(), folder.path);
    await untilFlushed(first, await currentLsn(db));
    await first.stop();
    await db.execute("select pg_drop_replication_slot('walmgr_test')");
    await switchWal(db);
    const lost = await switchWal(db);
    await db.execute("select pg_create_physical_replication_slot('walmgr_test', true)");
    const restart = async (): Promise<string> =>
      (await db.one<{ lsn: string }>("select restart_lsn::text as lsn from pg_replication_slots")).lsn;
    const kept = parseLsn(await restart());
    const wal = join(cluster.dataDirectory, "pg_wal");
    for (const name of readdirSync(wal)) if (/^[0-9A-F]{24}$/.test(name) && name <= lost) rmSync(join(wal, name));
    const later = [await switchWal(db), await switchWal(db)];

    const second = startReceiver(cluster.url(), folder.path);
    await untilFlushed(second, await currentLsn(db));
    const gaps = await second.repository.wal.gaps();
    for (const name of later) await untilStored(second.repository, name);
    await second.stop();

    expect(gaps.map(({ endLsn }) => endLsn)).toEqual([kept - (kept % 16_777_216n)]);
    expect((await compareWithServer(second.repository, cluster.dataDirectory)).different).toEqual([]);
  });
});
