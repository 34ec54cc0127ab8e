// Directories of the old walmgr: imported, or used as they are by layout=classic.
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../../src/testing/index.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { asPlainUser } from "../harness/plain-user.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { runWalmgrCommand, walmgrIni } from "../harness/run-walmgr.ts";
import { type TemporaryFolder, temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import { localRepository, openDatabase, switchWal } from "../harness/walmgr.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace } from "../harness/walmgr-side.ts";

const SEGMENT_BYTES = 16 * 1024 * 1024;

/** What walmgr3 leaves on the standby's computer: a copy of the data directory, and plain WAL files. */
async function oldDirectories(folder: TemporaryFolder, cluster: Cluster, archive: string): Promise<void> {
  const [complete, master] = [folder.file("walshipping/logs.complete"), folder.file("walshipping/data.master")];
  mkdirSync(complete, { recursive: true });
  mkdirSync(folder.file("walshipping/logs.partial"), { recursive: true });
  await using db = await openDatabase(cluster);
  await db.execute("create table t (n int); insert into t values (1)");
  const isOld = cluster.major < 15;
  await db.query(
    isOld ? "select pg_start_backup('FullBackup', true, false)" : "select pg_backup_start('FullBackup', true)",
  );
  cpSync(cluster.dataDirectory, master, { recursive: true, filter: (path) => !/postmaster\.|pg_wal\/./.test(path) });
  mkdirSync(join(master, "pg_wal"), { recursive: true });
  await db.execute("insert into t values (2)");
  const stop = isOld ? "pg_stop_backup(false, false)" : "pg_backup_stop(false)";
  const { label } = await db.one<{ label: string }>(`select labelfile as label from ${stop}`);
  writeFileSync(join(master, "backup_label"), label);
  await db.execute("insert into t values (3)");
  const last = await switchWal(db);
  const isWhole = (): boolean => statSync(join(archive, last), { throwIfNoEntry: false })?.size === SEGMENT_BYTES;
  await until(isWhole, { timeoutMs: 30_000, what: "the WAL is archived" });
  cpSync(archive, complete, { recursive: true });
}

describe.each(endMajors())("old directories of PostgreSQL %i", (major) => {
  test("data.master and logs.complete are imported, shown, and restored to the last stored commit", async () => {
    using folder = temporaryFolder();
    await using place = await restorePlace(major);
    using archive = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: archiveTo(archive) });
    await oldDirectories(folder, cluster, archive.path);
    const ini = walmgrIni(folder.path, {});

    const imported = await runWalmgrCommand([ini, "import"]);
    const again = await runWalmgrCommand([ini, "import", "--json"]);
    const verified = await runWalmgrCommand([ini, "verify", "--level", "3"]);
    const restored = await runWalmgrCommand([ini, "restore", "--dest", place.dataDirectory]);
    serveWal(place.dataDirectory, archive.path);

    expect(imported.stderr + imported.stdout).toMatch(/data\.master: imported as \d{8}-\d{6}F/);
    expect(again.stdout).toContain('"isNew":false');
    expect(verified).toMatchObject({ status: 0 });
    expect(restored).toMatchObject({ status: 0 });
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select sum(n)::int as n from t")).toEqual([{ n: 6 }]);
  });

  test("sets of the old walmgr have no configuration: that of the standby stays, and config.backup goes to slave_config_dir", async () => {
    using folder = temporaryFolder();
    using archive = temporaryFolder();
    await using cluster = await startQuietCluster({ major, settings: archiveTo(archive) });
    await oldDirectories(folder, cluster, archive.path);
    const old = folder.file("elsewhere");
    cpSync(folder.file("walshipping"), old, { recursive: true });
    rmSync(folder.file("walshipping"), { recursive: true });
    for (const name of ["postgresql.conf", "pg_hba.conf", "pg_ident.conf", "postgresql.auto.conf"]) {
      rmSync(join(old, "data.master", name));
    }
    mkdirSync(join(old, "config.backup"));
    writeFileSync(join(old, "config.backup/postgresql.conf"), "# of the primary\n");
    const slave = folder.file("slave");
    mkdirSync(slave);
    writeFileSync(join(slave, "PG_VERSION"), "");
    writeFileSync(join(slave, "postgresql.conf"), "# of the standby\n");
    const ini = walmgrIni(folder.path, {
      completed_wals: `backup1:${old}/logs.complete`,
      partial_wals: `${old}/logs.partial`,
      full_backup: `${old}/data.master`,
      config_backup: `${old}/config.backup`,
      slave_data: slave,
      slave_config_dir: folder.file("config"),
    });

    const imported = await runWalmgrCommand([ini, "import"]);
    const restored = await runWalmgrCommand([ini, "restore"]);
    const kept = readFileSync(join(slave, "postgresql.conf"), "utf8");
    const repaired = await runWalmgrCommand([ini, "restore", "--delta"]);
    const bare = await runWalmgrCommand([ini, "restore", "--dest", folder.file("bare")]);

    expect([imported, restored, repaired, bare].map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(kept).toBe("# of the standby\n");
    expect(readFileSync(join(slave, "postgresql.conf"), "utf8")).toBe(kept);
    expect(readFileSync(folder.file("config/postgresql.conf"), "utf8")).toBe("# of the primary\n");
    expect([restored, bare].map((one) => one.stderr.includes("no postgresql.conf"))).toEqual([false, true]);
  });

  test("layout=classic receives into logs.complete as plain files, and restores from there", async () => {
    using folder = temporaryFolder();
    await using place = await restorePlace(major);
    await using cluster = await startQuietCluster({ major });
    const ini = walmgrIni(folder.path, { layout: "classic", primary_conninfo: cluster.url() });
    await using db = await openDatabase(cluster);
    await db.execute("create table t as select 1 as n");

    const first = await runWalmgrCommand([ini, "sync"]);
    const backup = await runWalmgrCommand([ini, "backup"]);
    const name = await switchWal(db);
    const second = await runWalmgrCommand([ini, "sync"]);
    const restored = await runWalmgrCommand([ini, "restore", "--dest", place.dataDirectory]);
    const complete = folder.file("walshipping/logs.complete");
    serveWal(place.dataDirectory, complete);

    expect([first, backup, second, restored].map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(readFileSync(join(complete, name)).equals(readFileSync(join(cluster.dataDirectory, "pg_wal", name)))).toBe(
      true,
    );
    expect(readdirSync(folder.file("walshipping/logs.partial")).some((one) => /^[0-9A-F]{24}$/.test(one))).toBe(true);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select n from t")).toEqual([{ n: 1 }]);
  });

  test("a copy that no backup ended, and a directory of something else, are refused", async () => {
    using folder = temporaryFolder();
    await using cluster = await startQuietCluster({ major });
    const ini = walmgrIni(folder.path, {});
    const copy = folder.file("copy");
    cpSync(cluster.dataDirectory, copy, { recursive: true, filter: (path) => !/postmaster\.|pg_wal\/./.test(path) });

    const noLabel = await runWalmgrCommand([ini, "import", copy]);
    const nothing = await runWalmgrCommand([ini, "import", folder.path]);

    expect(noLabel).toMatchObject({ status: 6, stderr: expect.stringContaining("lacks backup_label") as unknown });
    expect(nothing).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("neither a backup nor WAL") as unknown,
    });
    expect(await localRepository(folder.file("walshipping")).identity()).toBeNull();
  });
});

test.each([
  ["the directory itself", "walshipping"],
  ["the folder of the WAL", "walshipping/logs.complete"],
  ["a segment", `walshipping/logs.complete/${"0".repeat(23)}1`],
  ["a begun segment", `walshipping/logs.partial/${"0".repeat(23)}2`],
  ["the label of a backup", "walshipping/data.master/backup_label"],
])("%s that may not be read is named, and does not pass for one that is not there", async (_, hidden) => {
  using folder = temporaryFolder();
  const ini = walmgrIni(folder.path, { walmgr_data: folder.file("new") });
  for (const name of ["logs.complete", "logs.partial", "data.master"])
    mkdirSync(folder.file(`walshipping/${name}`), { recursive: true });
  if (!existsSync(folder.file(hidden))) writeFileSync(folder.file(hidden), "");
  chmodSync(folder.file(hidden), 0);

  const refused = await asPlainUser(folder.path, () =>
    runWalmgrCommand([ini, "import", folder.file("walshipping")]).finally(() => chmodSync(folder.file(hidden), 0o700)),
  );

  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(`${folder.file(hidden)} may not be read`);
  expect(refused.stderr).toContain("import as the user that the files belong to");
});

test.each(["missing", "file"])("import of what is no directory says so: %s", async (name) => {
  using folder = temporaryFolder();
  const ini = walmgrIni(folder.path, { walmgr_data: folder.file("new") });
  writeFileSync(folder.file("file"), "");

  const refused = await runWalmgrCommand([ini, "import", folder.file(name)]);

  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(`there is no directory ${folder.file(name)}`);
  expect(await localRepository(folder.file("new")).identity()).toBeNull();
});

function archiveTo(folder: TemporaryFolder): Record<string, string> {
  chmodSync(folder.path, 0o777);
  return { archive_mode: "on", archive_command: `'cp %p ${folder.path}/%f'` };
}

/** The server's user cannot read our configuration. */
function serveWal(dataDirectory: string, folder: string): void {
  appendFileSync(join(dataDirectory, "postgresql.auto.conf"), `restore_command = 'cp ${folder}/%f "%p"'\n`);
  for (let path = folder; path !== "/tmp" && path !== "/"; path = join(path, "..")) chmodSync(path, 0o755);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
}
