// The begun segment, which only the receiver has, counts for a restore to a moment in it where repositories are elsewhere.
import { mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { endMajors } from "../harness/major-pairs.ts";
import { queryAt } from "../harness/query-at.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { freePort, giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { openDatabase } from "../harness/walmgr.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";

describe.each(endMajors())("PostgreSQL %i", (major) => {
  test("a restore goes to a moment in the segment that was begun last, and what shows or proves restores tells of it", async () => {
    await using place = walmgrPlace(major);
    await using primary = await startQuietCluster({ major, durable: true, settings: { fsync: "off" } });
    const [port, data, store] = [await freePort(), place.file("restored"), place.file("store")];
    mkdirSync(store);
    giveTo(serverOwner(), store);
    const ini = place.ini("walmgr", {
      primary_conninfo: primary.url(),
      repositories: store,
      slave_data: data,
      slave_start_cmd: `${place.bin}/pg_ctl -w -D ${data} -l ${place.file("server.log")} -o "-p ${port} -k ${place.folder}" start`,
    });
    place.stopAtEnd(data);
    await using db = await openDatabase(primary);
    await db.execute("create table t (name text)");
    const taken = await place.run(ini, "backup");
    await db.execute("insert into t values ('before'); select pg_create_restore_point('here')");
    const { time } = await db.one<{ time: string }>("select clock_timestamp()::text as time");
    await db.execute("set synchronous_commit = on; insert into t values ('after')");
    const synced = await place.run(ini, "sync", "--json");
    await primary.halt("immediate");

    const points = await place.run(ini, "restore-points");
    const info = await place.run(ini, "info", "--json");
    const tested = await place.run(ini, "restore-test", "--target-name", "here", "--bin", place.bin);
    const named = await place.run(ini, "restore", "--dest", place.file("named"), "--target-name", "here");
    const restored = await place.run(ini, "restore", "--target-time", time);

    expect([taken.status, synced.status]).toEqual([0, 0]);
    expect(points.out).toContain("here");
    expect((JSON.parse(info.out) as object[])[0]).toMatchObject({
      reachLsn: (JSON.parse(synced.out) as { lsn: string }).lsn,
    });
    expect(tested, tested.log).toMatchObject({ status: 0 });
    expect(named, named.log).toMatchObject({ status: 0 });
    expect(restored, restored.log).toMatchObject({ status: 0 });
    const rows = await queryAt(`postgresql://postgres@127.0.0.1:${port}/postgres`, "select name from t");
    expect(rows).toEqual([{ name: "before" }]);
  });
});
