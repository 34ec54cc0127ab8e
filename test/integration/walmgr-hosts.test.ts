// The receiver and servers that are not what they should be: one that hangs, an old primary that came back, none at all.
import { describe, expect, test } from "vitest";
import { connectReplication } from "../../src/postgres/index.ts";
import { SkytoolsError } from "../../src/errors/index.ts";
import { majors } from "../harness/database.ts";
import { startProxy } from "../harness/proxy.ts";
import { queryAt } from "../harness/query-at.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  currentLsn,
  localRepository,
  openDatabase,
  startReceiver,
  switchWal,
  untilFlushed,
  untilStored,
} from "../harness/walmgr.ts";
import { restorePlace, restoreTo, startWalmgrSide } from "../harness/walmgr-side.ts";

const SETTINGS = { wal_keep_size: "'512MB'", fsync: "off" };

describe.each(majors())("a receiver of PostgreSQL %i", (major) => {
  test("a server that hangs after the login is given up, and connected to again", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: SETTINGS });
    await using proxy = await startProxy(cluster.port);
    await using db = await openDatabase(cluster);
    const url = cluster.url().replace(`:${cluster.port}`, `:${proxy.port}`);
    let hangs = 1;
    const connect = async (signal: AbortSignal) => {
      const connection = await connectReplication(url, { env: {}, signal });
      if (hangs > 0) proxy.swallow();
      hangs -= 1;
      setImmediate(() => proxy.letThrough());
      return connection;
    };

    const running = startReceiver(cluster.url(), folder.path, { connect, slot: null, timeoutMs: 1_000 });
    await untilFlushed(running, await currentLsn(db));
    const { failures } = running.receiver.state;
    await running.stop();

    expect(failures).toBe(1);
  });

  test("a computer that answers nothing is given up, whatever the connection string says of it", async () => {
    await using place = walmgrPlace(major);
    await using proxy = await startProxy(1);
    proxy.swallow();
    const ini = place.ini("silent", { primary_conninfo: `host=127.0.0.1 port=${proxy.port} user=postgres` });

    const synced = await place.run(ini, "sync");

    expect(synced).toMatchObject({ status: 4, err: expect.stringContaining("timeout") as unknown });
  });

  test("what it has received before is stored in the repository while there is no server", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: SETTINGS });
    await using db = await openDatabase(cluster);
    const away = localRepository(folder.file("away"));
    away.wal.adoptSegment = () => Promise.reject(new Error("the repository is away"));
    const first = startReceiver(cluster.url(), folder.file("data"), { slot: null, repositories: [away] });
    await untilFlushed(first, await currentLsn(db));
    const name = await switchWal(db);
    await until(() => first.receiver.waitingSegments > 0, { what: `${name} waits` });
    await first.stop();
    const back = localRepository(folder.file("away"));

    const connect = (): Promise<never> => Promise.reject(new Error("no server"));
    const second = startReceiver("", folder.file("data"), { slot: null, repositories: [back], connect });
    await untilStored(back, name);
    await second.stop();

    expect(second.receiver.waitingSegments).toBe(0);
  });

  test("a lease that could not be renewed, as on a full disk, is taken again when that can be done", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: SETTINGS });
    await using db = await openDatabase(cluster);
    const full = new SkytoolsError("STORE_FAILED", "no space left on device");
    const expires = new AbortController();
    const local = localRepository(folder.path);
    const take = local.lease.bind(local);
    let tries = 0;
    local.lease = async (name) => {
      tries += 1;
      if (tries === 2) throw full;
      const lease = await take(name);
      if (tries > 2) return lease;
      const release = (): Promise<void> => lease.release();
      const requireHeld = (): Promise<void> => lease.requireHeld();
      return { name, lost: expires.signal, requireHeld, release, [Symbol.asyncDispose]: release };
    };

    const running = startReceiver(cluster.url(), folder.path, { slot: null, local });
    await untilFlushed(running, await currentLsn(db));
    expires.abort(full);
    await until(() => tries === 3, { what: "the lease is taken again" });
    await untilStored(running.repository, await switchWal(db));
    await untilFlushed(running, await currentLsn(db));
    await running.stop();

    expect((await compareWithServer(running.repository, cluster.dataDirectory)).different).toEqual([]);
  });

  test("an old primary that comes back does not keep it from the new one", async () => {
    await using side = await startWalmgrSide({ major });
    await side.query("create table t (n int)");
    const to = side.repository();
    await to.backup({ wal: "include" });
    await using promoted = await restorePlace(major);
    await restoreTo(to, promoted, { target: { kind: "immediate" } });
    expect(await promoted.open(), promoted.log()).toBe(true);
    await using place = walmgrPlace(major);
    const port = new URL(promoted.url).port;
    const hosts = `host=${side.cluster.host},127.0.0.1 port=${side.cluster.port},${port} user=postgres`;
    const keys = { slot: "none", walmgr_data: place.file("data") };
    const followed = place.ini("new", { ...keys, primary_conninfo: promoted.url });
    const both = place.ini("both", { ...keys, primary_conninfo: `${hosts} target_session_attrs=read-write` });
    expect(await place.run(followed, "sync")).toMatchObject({ status: 0 });
    await queryAt(promoted.url, "create table u (n int)");

    const synced = await place.run(both, "sync", "--json");
    const [row] = await queryAt<{ lsn: string }>(promoted.url, "select pg_current_wal_flush_lsn()::text as lsn");

    expect(synced).toMatchObject({ status: 0 });
    expect(JSON.parse(synced.out)).toEqual({ timeline: 2, lsn: row!.lsn });
  });
});
