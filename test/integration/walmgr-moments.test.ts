// Restore points and commit times: listed, restored to by name, and refused when the WAL does not have them. The restored
// server's recovery is watched.
import { chmodSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { freePort } from "../../src/testing/server-process.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { runWalmgrCommand } from "../harness/run-walmgr.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";
import { openDatabase } from "../harness/walmgr.ts";
import { queryAt } from "../harness/query-at.ts";

describe.each(endMajors())("moments of PostgreSQL %i", (major) => {
  test("restore points and times are listed, and a restore by name picks the backup before it and tells how far it came", async () => {
    await using place = walmgrPlace(major);
    await using cluster = await startQuietCluster({ major });
    const [port, data] = [await freePort(), place.file("copy")];
    const start = `${place.bin}/pg_ctl -w -t 60 -D ${data} -l ${place.file("copy.log")} -o "-p ${port} -k ${place.folder}" start`;
    const ini = place.ini("site", {
      primary_conninfo: cluster.url(),
      backup_compression: "none",
      slave_data: data,
      slave_start_cmd: start,
      slave_log: place.file("copy.log"),
    });
    place.stopAtEnd(data);
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
    await using db = await openDatabase(cluster);
    await db.execute("create table t (n int)");
    const begin = await place.run(ini, "sync");
    const first = await place.run(ini, "backup");
    await db.execute("insert into t values (1)");
    await db.execute("select pg_create_restore_point('before the mess')");
    await db.execute("insert into t values (2)");
    const second = await place.run(ini, "backup");
    await db.execute("insert into t values (3)");
    const { time } = await db.one<{ time: string }>("select clock_timestamp()::text as time");
    const sync = await place.run(ini, "sync");

    const listed = await runWalmgrCommand([ini, "restore-points"]);
    const info = await runWalmgrCommand([ini, "info", "--json"]);
    const unknown = await runWalmgrCommand([ini, "restore", "--dest", data, "--target-name", "nowhere"]);
    const future = await runWalmgrCommand([ini, "restore", "--dest", data, "--target-time", time]);
    const [, last = ""] = /to the commit of (\S+),/.exec(listed.stdout) ?? [];
    const atLast = await runWalmgrCommand([ini, "restore", "--dest", data, "--target-time", last]);
    const standby = await runWalmgrCommand([ini, "restore", "--dest", data, "--standby", "--target-time", last]);
    const pinned = await runWalmgrCommand([ini, "keep", setOf(first.out), "--until", "2077-01-01"]);
    const restored = await place.run(ini, "restore", "--dest", data, "--target-name", "before the mess", "--json");

    expect([begin, first, second, sync].map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(listed.stdout).toMatch(/^before the mess +20\d\d-/m);
    expect(info.stdout).toMatch(/"lastCommitMs":\d+/);
    expect(unknown).toMatchObject({ status: 1 });
    expect(unknown.stderr).toContain("there is no such restore point");
    expect(future).toMatchObject({ status: 1 });
    expect(future.stderr).toMatch(/no transaction was committed later, the last one is of 20/);
    expect(last).toMatch(/\.\d{6}Z$/);
    expect(atLast.stderr).toContain(`no transaction was committed later, the last one is of ${last}`);
    expect(standby).toMatchObject({ status: 1 });
    expect(standby.stderr).toContain("--standby takes no target");
    expect(pinned).toMatchObject({ status: 0 });
    expect(restored, restored.log + place.logOf("copy.log")).toMatchObject({ status: 0 });
    expect(restored.out).toContain('"recovery":{"state":"open"');
    expect(await queryAt(url, "select n from t")).toEqual([{ n: 1 }]);

    // The server's own backups do not carry the recovery on, whatever ALTER SYSTEM makes of the settings.
    expect(readFileSync(place.file("copy/walmgr.recovery.conf"), "utf8")).not.toMatch(/recovery_|restore_command/);
    await queryAt(url, "alter system set work_mem = '5MB'");
    expect(readFileSync(place.file("copy/postgresql.auto.conf"), "utf8")).toMatch(/archive_mode = 'off'/);
    const other = place.ini("other", {
      primary_conninfo: url,
      walmgr_data: place.file("other"),
      backup_compression: "none",
    });
    const again = await place.run(other, "backup");
    const kept = await place.run(other, "restore", "--dest", place.file("third"), "--keep-archiving");

    expect(again, again.log).toMatchObject({ status: 0 });
    expect(kept, kept.log).toMatchObject({ status: 0 });
    const settings = readFileSync(place.file("third/postgresql.auto.conf"), "utf8");
    expect(settings).toContain("work_mem = '5MB'");
    expect(settings).not.toMatch(/archive_mode|recovery_target|walmgr.restored/);
  });

  test("a restored server that ends in its recovery is reported with its own words", async () => {
    await using place = walmgrPlace(major);
    await using cluster = await startQuietCluster({ major });
    const [port, data] = [await freePort(), place.file("copy")];
    const ini = place.ini("site", {
      primary_conninfo: cluster.url(),
      slave_data: data,
      slave_start_cmd: `${place.bin}/pg_ctl -W -D ${data} -l ${place.file("copy.log")} -o "-p ${port} -k ${place.folder} -c work_mem=nonsense" start`,
      slave_log: place.file("copy.log"),
    });
    const backup = await place.run(ini, "backup");
    chmodSync(place.file("walshipping"), 0o755);

    const restored = await place.run(ini, "restore", "--dest", data);

    expect(backup.status).toBe(0);
    expect(restored.status).toBe(1);
    expect(restored.err).toMatch(/the restored server has ended: .*FATAL: .*work_mem/);
  });
});

/** Of the text that `backup` prints. */
function setOf(text: string): string {
  return /\d{8}-\d{6}F/.exec(text)?.[0] ?? "";
}
