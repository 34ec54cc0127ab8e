// combine: a chain of incremental backups becomes one full backup, without a server.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { listBackups } from "../../src/walmgr/backup/index.ts";
import { parseMainKey } from "../../src/walmgr/codec/index.ts";
import { combineBackup, type CombineRequest } from "../../src/walmgr/combine/index.ts";
import { openRepository } from "../../src/walmgr/repository/index.ts";
import { expire, type RetentionRules } from "../../src/walmgr/retention/index.ts";
import { DirectoryStore, writeText } from "../../src/walmgr/store/index.ts";
import { verify } from "../../src/walmgr/verify/index.ts";
import { majors } from "../harness/database.ts";
import { queryAt } from "../harness/query-at.ts";
import { runWalmgrCommand, walmgrIni } from "../harness/run-walmgr.ts";
import { startChild } from "../harness/running-child.ts";
import { mountSmallDisk } from "../harness/small-disk.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  restorePlace,
  restoreTo,
  startWalmgrSide,
  type TestRepository,
  type WalmgrSide,
} from "../harness/walmgr-side.ts";
import { PROGRAM } from "../harness/walmgr-program.ts";

const KEEP_ONE: RetentionRules = {
  ...{ keepBackups: 1, keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null },
  keepMin: 1,
};

/** Of every file, and of every directory that it is there; not of what tells where a restore was made to. */
function treeOf(directory: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix + entry.name;
    const mode = statSync(join(directory, path)).mode.toString(8);
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && path.startsWith("pg_tblspc/"));
    if (isDirectory) Object.assign(found, { [path]: mode }, treeOf(directory, `${path}/`));
    else if (path !== "tablespace_map") {
      const sum = createHash("sha256").update(readFileSync(join(directory, path)));
      found[path] = `${mode} ${sum.digest("hex")}`;
    }
  }
  return found;
}

describe.each(majors().filter((major) => major >= 17))("PostgreSQL %i", (major) => {
  let side: WalmgrSide;

  beforeAll(async () => {
    side = await startWalmgrSide({ major, settings: { summarize_wal: "on", autovacuum: "off" } });
    const space = join(side.folder, "space");
    mkdirSync(space);
    giveTo(serverOwner(), space);
    await side.query(`create tablespace space location '${space}'`);
    await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 30000) id");
    await side.query("create table still as select generate_series(1, 10000) as id");
    await side.query("vacuum (freeze) still");
    await side.query("create table there tablespace space as select generate_series(1, 1000) as id");
  });
  afterAll(() => side[Symbol.asyncDispose]());

  const combine = (to: TestRepository, more: Partial<CombineRequest> = {}) =>
    combineBackup({
      ...{ repository: to.repository, coding: { compression: "none" }, scratch: join(side.folder, "scratch") },
      ...{ ourUid: process.getuid?.() ?? null, clock: systemClock },
      ...more,
    });
  const expireOld = (to: TestRepository, laterMs = 0) =>
    expire({
      ...{ repository: to.repository, rules: KEEP_ONE, keepWalDays: null, graceMs: 0, dryRun: false },
      clock: { ...systemClock, now: () => Date.now() + laterMs },
    });
  const statesOf = async (to: TestRepository) =>
    (await listBackups(to.repository.store)).map(({ type, state }) => `${type} ${state}`);
  const damagesOf = async (to: TestRepository) =>
    (await verify({ repository: to.repository, level: 3, clock: systemClock })).findings.filter(
      ({ severity }) => severity === "bad",
    );
  const scratchIsEmpty = (): boolean => readdirSync(join(side.folder, "scratch")).length === 0;

  /** A full and one incremental backup. */
  async function shortChain(): Promise<TestRepository> {
    const to = side.repository();
    await to.backup();
    await side.query("update t set text = 'changed' where id % 500 = 0");
    await to.backup({ type: "incremental" });
    return to;
  }

  test("what is restored from the combined backup is what is restored from the chain, which can expire", async () => {
    const to = side.repository();
    await using fromChain = await restorePlace(major);
    await using fromOne = await restorePlace(major);
    const spaces = (place: typeof fromChain) => ({ relocateAll: `${place.dataDirectory}.spaces` });
    await side.query("create table cut as select id, md5(id::text) as text from generate_series(1, 30000) id");
    await side.query("create table gone as select generate_series(1, 100) as id");
    await side.query("create database dropped");
    await to.backup({ label: "first", configFiles: [{ name: "pg_hba.conf", bytes: Buffer.from("old") }] });
    const steps = [
      "update t set text = 'changed' where id % 1000 = 0; insert into there select generate_series(1, 20000)",
      "delete from cut where id > 1000; vacuum cut; drop database dropped",
      "drop table gone; create table fresh tablespace space as select generate_series(1, 10000) as id",
      "insert into cut select id, 'again' from generate_series(1, 20000) id; vacuum full t; truncate there",
      "update t set text = 'last' where id = 7; insert into there values (1); checkpoint",
    ];
    for (const [i, step] of steps.entries()) {
      for (const statement of step.split("; ")) await side.query(statement);
      const configFiles = [{ name: "pg_hba.conf", bytes: Buffer.from(`new ${i}`) }];
      await to.backup({ type: "incremental", label: `it's ${i}`, configFiles });
    }
    const newest = (await listBackups(to.repository.store)).at(-1)!;
    const { chain } = await restoreTo(to, fromChain, spaces(fromChain));
    const rows = "select md5(string_agg(t::text, ',' order by id)) as t, (select count(*)::int from cut) as cut from t";
    const [before] = await side.query(rows);

    const progress: number[] = [];
    const onProgress: CombineRequest["onProgress"] = ({ doneBytes, totalBytes }) =>
      progress.push(doneBytes / totalBytes);
    const { backup, isNew, chain: combined } = await combine(to, { onProgress });
    const again = await combine(to);
    await expireOld(to);
    const left = await listBackups(to.repository.store);
    const restored = await restoreTo(to, fromOne, spaces(fromOne));

    expect([isNew, again.isNew, again.backup.set]).toEqual([true, false, backup.set]);
    expect(combined).toEqual(chain);
    expect(combined).toHaveLength(6);
    const { startLsn, endLsn, timeline, tablespaces, label, finishedMs, systemId } = newest;
    expect(backup).toMatchObject({ startLsn, endLsn, timeline, tablespaces, label, finishedMs, systemId });
    expect(backup).toMatchObject({ type: "full", state: "done", parent: null });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect([progress.at(-1)! > 0.5, progress.at(-1)! <= 1, scratchIsEmpty()]).toEqual([true, true, true]);
    expect(left.map(({ set }) => set)).toEqual([backup.set]);
    expect(await damagesOf(to)).toEqual([]);
    expect(restored.chain).toEqual([backup.set]);
    expect(treeOf(fromOne.dataDirectory)).toEqual(treeOf(fromChain.dataDirectory));
    expect(backup.objects.map(({ kind }) => kind).sort()).toEqual(["archive", "archive", "conf", "manifest"]);
    const conf = readFileSync(join(to.path, "backup", backup.set, "conf.tar"), "utf8");
    expect([conf.includes("new 4"), conf.includes("new 3")]).toEqual([true, false]);
    const names = execFileSync("tar", ["-tf", join(to.path, "backup", backup.set, "base.tar")], { encoding: "utf8" });
    expect([names.split("\n")[0], names.includes("INCREMENTAL")]).toEqual(["backup_label", false]);
    expect(await fromOne.open()).toBe(true);
    expect(await queryAt(fromOne.url, rows)).toEqual([before]);
    expect(await queryAt(fromOne.url, "select count(*)::int as n from there")).toEqual([{ n: 1 }]);
  });

  test("the next incremental backup builds on the combined one, whatever checksums they have", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const sha = { manifestChecksums: "SHA256" } as const;
    await to.backup(sha);
    await side.query("update t set text = 'combined' where id % 300 = 0");
    await to.backup({ ...sha, type: "incremental" });
    const { backup } = await combine(to);
    await expireOld(to);
    await side.query("update t set text = 'after' where id % 400 = 0");
    const next = await to.backup({ ...sha, type: "incremental" });

    const rows = "select md5(string_agg(t::text, ',' order by id)) as t from t";
    const [before] = await side.query(rows);
    const { chain } = await restoreTo(to, place, { relocateAll: `${place.dataDirectory}.spaces` });

    expect([next.backup.type, next.backup.parent]).toEqual(["incremental", backup.set]);
    expect(chain).toEqual([backup.set, next.backup.set]);
    expect(await damagesOf(to)).toEqual([]);
    expect([await place.open(), place.log()]).toEqual([true, expect.anything()]);
    expect(await queryAt(place.url, rows)).toEqual([before]);
  });

  test("a later backup on the chain builds on the combined one from then on, restores the same, and the chain goes", async () => {
    const to = side.repository();
    await using fromChain = await restorePlace(major);
    await using fromOne = await restorePlace(major);
    const spaces = (place: typeof fromChain) => ({ relocateAll: `${place.dataDirectory}.spaces` });
    await side.query("create table shrinks as select id, md5(id::text) as text from generate_series(1, 30000) id");
    await to.backup();
    await side.query("delete from shrinks where id > 1000");
    await side.query("vacuum shrinks");
    await side.query("update t set text = 'middle' where id % 700 = 0");
    const middle = await to.backup({ type: "incremental" });
    await side.query("insert into shrinks select id, 'again' from generate_series(1, 20000) id");
    await side.query("update t set text = 'later' where id % 900 = 0");
    const later = await to.backup({ type: "incremental" });
    await side.query("create table newest as select 1 as id");
    const newest = await to.backup({ type: "incremental" });
    const { chain } = await restoreTo(to, fromChain, spaces(fromChain));

    const { backup, moved } = await combine(to, { set: middle.backup.set });
    const again = await combine(to, { set: middle.backup.set });
    const [damages] = [await damagesOf(to), await expireOld(to)];
    const restored = await restoreTo(to, fromOne, spaces(fromOne));
    const left = await listBackups(to.repository.store);

    expect([moved, again.moved]).toEqual([[later.backup.set], []]);
    expect(chain).toHaveLength(4);
    expect(restored.chain).toEqual([backup.set, later.backup.set, newest.backup.set]);
    expect(left.map(({ set }) => set)).toEqual(restored.chain);
    expect(treeOf(fromOne.dataDirectory)).toEqual(treeOf(fromChain.dataDirectory));
    expect([damages, await damagesOf(to)]).toEqual([[], []]);
    expect(await fromOne.open()).toBe(true);
    const rows = "select md5(string_agg(shrinks::text, ',' order by id, text)) as sum from shrinks";
    expect(await queryAt(fromOne.url, rows)).toEqual(await side.query(rows));
  });

  test("killed in the middle it leaves what was there, and what it began goes; the next one works", async () => {
    const to = await shortChain();
    const scratch = join(side.folder, "scratch");
    const ini = walmgrIni(side.folder, {
      ...{ repositories: to.path, test_directory: scratch, backup_compression: "gzip:9" },
    });
    const begun = async () => (await statesOf(to)).includes("full running");

    const child = startChild([PROGRAM, ini, "combine"]);
    await until(begun, { what: "the backup has begun", timeoutMs: 60_000 });
    child.kill("SIGKILL");
    await child.ended;
    const states = await statesOf(to);
    await until(() => scratchIsEmpty(), { what: "the scratch directory is gone", timeoutMs: 30_000 });
    const { backup, isNew } = await combine(to);
    await expireOld(to, 8 * 86_400_000);

    expect(states.sort()).toEqual(["full done", "full running", "incremental done"]);
    expect(isNew).toBe(true);
    expect(await statesOf(to)).toEqual(["full done"]);
    const files = readdirSync(join(to.path, "backup"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => name.includes("/") && !name.startsWith(backup.set))).toEqual([]);
    expect(await damagesOf(to)).toEqual([]);
  });

  test("in two repositories, encrypted: the one that is away gets it the next time, under the same name", async () => {
    const [a, b] = [side.repository(), side.repository()];
    await using place = await restorePlace(major);
    const key = "ef".repeat(32);
    writeFileSync(join(side.folder, "key"), `${key}\n`, { mode: 0o600 });
    const ini = walmgrIni(
      side.folder,
      {
        ...{ repositories: `${a.path}, ${b.path}`, primary_conninfo: side.cluster.url() },
        ...{ encryption_key_file: join(side.folder, "key"), test_directory: join(side.folder, "scratch") },
        ...{ backup_checksums: "sha512", backup_compression: "zstd" },
      },
      "two",
    );
    for (const { path } of [a, b]) mkdirSync(path);
    const run = (...words: readonly string[]) => runWalmgrCommand([ini, ...words]);
    const taken = [await run("backup")];
    await side.query("update t set text = 'two' where id % 700 = 0");
    taken.push(await run("backup", "--incremental"));
    renameSync(b.path, `${b.path}.away`);

    const plan = await run("combine", "--not-really", "--json");
    const first = await run("combine");
    renameSync(`${b.path}.away`, b.path);
    const next = await run("combine", "--json");
    const after = await run("backup", "--incremental", "--json");
    const keys = [parseMainKey(key)];
    const rows = "select md5(string_agg(t::text, ',' order by id)) as t from t";
    const [before] = await side.query(rows);
    const encrypted = openRepository({ store: new DirectoryStore(b.path), clock: systemClock, keys });
    const restoreCommand = `cp ${join(side.cluster.dataDirectory, "pg_wal")}/%f %p`;
    const how = { keys, relocateAll: `${place.dataDirectory}.spaces`, restoreCommand };
    const { chain } = await restoreTo({ repository: encrypted, restoreCommand }, place, how);

    expect(taken.map(({ status }) => status)).toEqual([0, 0]);
    const [full, incremental] = (await listBackups(a.repository.store)).map(({ set }) => set);
    expect(plan.status).toBe(5);
    expect(JSON.parse(plan.stdout)).toMatchObject([
      { repository: `directory ${a.path}`, chain: [full, expect.any(String)] },
    ]);
    expect([first.status, first.stderr]).toEqual([5, expect.stringContaining(b.path)]);
    const results = JSON.parse(next.stdout) as { isNew: boolean; backup: { set: string; objects: object[] } }[];
    expect(results.map(({ isNew }) => isNew)).toEqual([false, true]);
    const [set] = results.map((one) => one.backup.set);
    expect(results[1]!.backup.set).toBe(set);
    expect(results[1]!.backup.objects).toEqual(
      results[1]!.backup.objects.map(
        () => expect.objectContaining({ isEncrypted: true, compression: "zstd" }) as unknown,
      ),
    );
    expect(incremental).toMatch(/I$/);
    expect(JSON.parse(after.stdout)).toMatchObject({ type: "incremental", parent: set });
    expect(chain).toEqual([set, expect.any(String)]);
    expect([await place.open(), place.log()]).toEqual([true, expect.anything()]);
    expect(await queryAt(place.url, rows)).toEqual([before]);
  });

  test("what cannot be combined is refused with what to do, and nothing is changed", async () => {
    const to = await shortChain();
    const [full, incremental] = (await listBackups(to.repository.store)).map(({ set }) => set);
    const thief = { host: "elsewhere", pid: 1, bootId: "", started: "", token: "x", heartbeatMs: Date.now() };
    let stolen: Promise<void> | null = null;
    const steal = (): void =>
      void (stolen ??= writeText(to.repository.store, "lock/backup.json", JSON.stringify(thief)));
    const archive = join(to.path, "backup", full!, "base.tar");
    const bytes = readFileSync(archive);
    const disk = mountSmallDisk(4);

    await expect(combine(to, { set: full! })).rejects.toMatchObject({
      code: "WRONG_USE",
      message: expect.stringContaining("is a full backup: there is nothing to combine") as unknown,
    });
    await expect(combine(to, { set: "20200101-000000I" })).rejects.toMatchObject({ code: "BACKUP_NOT_FOUND" });
    if (disk !== null) {
      await expect(combine(to, { scratch: disk.folder })).rejects.toMatchObject({
        code: "RESTORE_FAILED",
        message: expect.stringContaining(`there is no room to combine backups in ${disk.folder}`) as unknown,
        hint: expect.stringContaining("test_directory") as unknown,
      });
      disk.unmount();
    }
    await expect(combine(to, { scratch: to.path })).rejects.toMatchObject({ code: "SAFETY_REFUSED" });
    const [table] = await side.query<{ path: string }>("select pg_relation_filepath('still') as path");
    const at = bytes.indexOf(`${table!.path}\0`) + 512 + 5000;
    writeFileSync(archive, Buffer.from(bytes).fill(1, at, at + 100));
    await expect(combine(to)).rejects.toMatchObject({
      code: "VERIFY_FAILED",
      hint: expect.stringContaining("take a full backup") as unknown,
    });
    writeFileSync(archive, bytes);
    await expect(combine(to, { onProgress: steal })).rejects.toMatchObject({ code: "LEASE_HELD" });
    await to.repository.store.delete(["lock/backup.json"]);
    const states = await statesOf(to);
    await to.repository.store.delete([`backup/${full!}/backup.json`]);
    await expect(combine(to)).rejects.toMatchObject({
      code: "BACKUP_INVALID",
      message: expect.stringContaining(`${incremental!} needs ${full!}`) as unknown,
      hint: expect.stringContaining("take a full backup") as unknown,
    });

    expect(states).toEqual(["full done", "incremental done", "full failed"]);
    expect(existsSync(join(to.path, "lock/backup.json"))).toBe(false);
    expect([scratchIsEmpty(), readdirSync(to.path).filter((name) => name.includes("scratch"))]).toEqual([true, []]);
  });
});

test("where there is no incremental backup the command says so", async () => {
  using folder = temporaryFolder();
  const ini = walmgrIni(folder.path, {});

  const ran = [await runWalmgrCommand([ini, "combine"]), await runWalmgrCommand([ini, "combine", "20260101-000000I"])];
  const mistyped = await runWalmgrCommand([ini, "combine", "data.master"]);

  expect([...ran, mistyped].map(({ status }) => status)).toEqual([1, 1, 1]);
  expect(ran[0]!.stderr).toContain("there is no incremental backup in directory");
  expect(ran[1]!.stderr).toContain("there is no finished backup 20260101-000000I in directory");
  expect(mistyped.stderr).toContain('"data.master" is not the name of a backup');
});
