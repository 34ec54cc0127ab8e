// The WAL receiver on real servers, each its own.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/postgres/index.ts";
import type { Cluster } from "../../src/testing/index.ts";
import { majors } from "../harness/database.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { type TemporaryFolder, temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  currentLsn,
  isContiguous,
  openDatabase,
  receiverFor,
  startReceiver,
  switchWal,
  untilFlushed,
  untilStored,
} from "../harness/walmgr.ts";

const SETTINGS = { wal_keep_size: "'512MB'", max_wal_size: "'1GB'", fsync: "off" };

describe.each(majors())("a receiver of PostgreSQL %i", (major) => {
  let cluster: Cluster;
  let db: Connection;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = temporaryFolder();
    cluster = await startQuietCluster({ major, settings: SETTINGS });
    db = await openDatabase(cluster);
    await db.execute("create table load (id bigserial, t text)");
  });

  afterAll(async () => {
    await db.close();
    await cluster.stop();
    folder[Symbol.dispose]();
  });

  const load = (rows: number): Promise<unknown> =>
    db.execute(`insert into load (t) select repeat(md5(g::text), 20) from generate_series(1, ${rows}) g`);

  test("segments are stored byte for byte, and what is begun is durable and kept", async () => {
    const path = folder.file("bytes");
    const running = startReceiver(cluster.url(), path);
    await until(() => running.receiver.state.isConnected, { what: "connected" });
    await load(40_000);
    const last = await switchWal(db);
    await load(100);
    await untilStored(running.repository, last);
    await untilFlushed(running, await currentLsn(db));
    const { wal } = running.repository;
    const end = running.receiver.state.flushedLsn;

    await running.stop();
    const { same, different } = await compareWithServer(running.repository, cluster.dataDirectory);
    const [partial] = await wal.partials();
    const begun = readFileSync(join(path, partial!.object));
    const original = readFileSync(join(cluster.dataDirectory, "pg_wal", partial!.name));
    const length = Number(partial!.flushedLsn % 16_777_216n);

    expect(different).toEqual([]);
    expect(same.length).toBeGreaterThanOrEqual(2);
    expect(await isContiguous(running.repository, 1)).toBe(true);
    expect(partial!.flushedLsn).toBeGreaterThanOrEqual(end);
    expect(begun.subarray(0, length).equals(original.subarray(0, length))).toBe(true);
    expect(begun.length).toBe(16_777_216);
    expect(await wal.hasRange(1, 0x1000000n > end ? 0n : end - 1n, end, { partial: true })).toBe(true);
    expect(existsSync(join(path, "lock", "receive.json"))).toBe(false);
  });

  test("it goes on where it stopped, and its slot keeps the WAL meanwhile", async () => {
    const path = folder.file("again");
    const slot = "walmgr_again";
    const first = startReceiver(cluster.url(), path, { slot });
    await until(() => first.receiver.state.isConnected, { what: "connected" });
    await untilStored(first.repository, await switchWal(db));
    await first.stop();
    await load(20_000);
    const name = await switchWal(db);

    const second = startReceiver(cluster.url(), path, { slot });
    await untilStored(second.repository, name);
    await untilFlushed(second, await currentLsn(db));
    await second.stop();

    expect(await isContiguous(second.repository, 1)).toBe(true);
    expect((await compareWithServer(second.repository, cluster.dataDirectory)).different).toEqual([]);
    expect(
      await db.one("select restart_lsn is not null as kept from pg_replication_slots where slot_name = $1", [slot]),
    ).toEqual({ kept: true });
  });

  test("one pass of sync fetches what the server has and ends", async () => {
    const { receiver, repository } = receiverFor(cluster.url(), folder.file("sync"), { slot: "walmgr_sync" });
    await receiver.sync(new AbortController().signal);
    await load(5_000);
    const name = await switchWal(db);
    const end = await currentLsn(db);

    await receiver.sync(new AbortController().signal);

    expect(await repository.wal.find(name)).not.toBeNull();
    expect(await repository.wal.hasRange(1, end - 1n, end, { partial: true })).toBe(true);
  });

  test("a second receiver for the same directory is refused", async () => {
    const path = folder.file("lease");
    const running = startReceiver(cluster.url(), path, { slot: null });
    await until(() => running.receiver.state.isConnected, { what: "connected" });

    const { receiver } = receiverFor(cluster.url(), path, { slot: null });
    const second = await receiver.run(new AbortController().signal).catch((error: unknown) => error);
    await running.stop();

    expect(second).toMatchObject({ code: "LEASE_HELD" });
  });

  test("a server of another cluster is refused", async () => {
    await using other = await startQuietCluster({ major });
    const path = folder.file("foreign");
    const running = startReceiver(cluster.url(), path, { slot: null });
    await until(() => running.receiver.state.isConnected, { what: "connected" });
    await running.stop();

    const { receiver } = receiverFor(other.url(), path, { slot: null });

    await expect(receiver.run(new AbortController().signal)).rejects.toMatchObject({ code: "REPOSITORY_FOREIGN" });
  });

  test("a restart of the server is survived, and a fast shutdown waits for nothing", async () => {
    const path = folder.file("restart");
    const running = startReceiver(cluster.url(), path, { slot: "walmgr_restart" });
    await until(() => running.receiver.state.isConnected, { what: "connected" });
    await load(1_000);
    await db.close();

    await cluster.halt("fast");
    await cluster.start();
    db = await openDatabase(cluster);
    await load(1_000);
    const name = await switchWal(db);
    // The port may be another one after a start; the harness keeps it unless somebody took it.
    await untilStored(running.repository, name);
    await running.stop();

    expect(await isContiguous(running.repository, 1)).toBe(true);
    expect((await compareWithServer(running.repository, cluster.dataDirectory)).different).toEqual([]);
  });

  test("in synchronous mode it is the synchronous standby, and commits wait for its disk", async () => {
    const running = startReceiver(cluster.url(), folder.file("sync-mode"), { slot: null, isSynchronous: true });
    await until(() => running.receiver.state.isConnected, { what: "connected" });
    await db.execute("alter system set synchronous_standby_names = 'walmgr_test'");
    await db.execute("select pg_reload_conf()");
    try {
      await until(
        async () => (await db.query("select 1 from pg_stat_replication where sync_state = 'sync'")).length === 1,
        { what: "sync standby" },
      );
      await db.execute("set synchronous_commit = on");
      await db.execute("insert into load (t) values ('synchronous')");
      const { lsn } = await db.one<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn");

      expect(lsn).toMatch(/\//);
      expect(running.receiver.state.flushedLsn).toBeGreaterThan(0n);
    } finally {
      await db.execute("alter system reset synchronous_standby_names");
      await db.execute("select pg_reload_conf()");
      await running.stop();
    }
  });
});
