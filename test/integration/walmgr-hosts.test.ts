// The receiver and servers that are not what they should be: one that hangs, an old primary that came back, none at all.
import { describe, expect, test } from "vitest";
import { connectReplication } from "../../src/postgres/index.ts";
import { majors } from "../harness/database.ts";
import { startProxy } from "../harness/proxy.ts";
import { queryAt } from "../harness/query-at.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";
import { currentLsn, openDatabase, startReceiver, untilFlushed } from "../harness/walmgr.ts";
import { restorePlace, restoreTo, startWalmgrSide } from "../harness/walmgr-side.ts";

describe.each(majors())("a receiver of PostgreSQL %i", (major) => {
  test("a server that hangs after the login is given up, and connected to again", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
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
