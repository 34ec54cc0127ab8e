// Backups of the format plain, on real servers: files that lie as they are, and do all that archives do.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { type DoneBackup, listBackups } from "../../src/walmgr/backup/index.ts";
import { parseMainKey } from "../../src/walmgr/codec/index.ts";
import { combineBackup } from "../../src/walmgr/combine/index.ts";
import { openRepository } from "../../src/walmgr/repository/index.ts";
import { expire, type RetentionRules } from "../../src/walmgr/retention/index.ts";
import { DirectoryStore, type StoreBody } from "../../src/walmgr/store/index.ts";
import { verify, type VerifyLevel } from "../../src/walmgr/verify/index.ts";
import { majors } from "../harness/database.ts";
import { queryAt } from "../harness/query-at.ts";
import { runWalmgrCommand, walmgrIni } from "../harness/run-walmgr.ts";
import { startChild } from "../harness/running-child.ts";
import { until } from "../harness/until.ts";
import {
  restorePlace,
  restoreTo,
  startWalmgrSide,
  type TestRepository,
  type WalmgrSide,
} from "../harness/walmgr-side.ts";
import { PROGRAM } from "../harness/walmgr-program.ts";

const RESCUE = fileURLToPath(new URL("../../scripts/rescue/walmgr-rescue.sh", import.meta.url));
const KEEP_ONE: RetentionRules = {
  ...{ keepBackups: 1, keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null },
  keepMin: 1,
};
const ROWS = "select md5(string_agg(t::text, ',' order by id)) as t, (select count(*)::int from aside) as aside from t";
const PLAIN = { format: "plain" } as const;

const folderOf = (to: TestRepository, { set }: Pick<DoneBackup, "set">): string => join(to.path, "backup", set);
const expireOld = (to: TestRepository, laterMs = 0) =>
  expire({
    ...{ repository: to.repository, rules: KEEP_ONE, keepWalDays: null, graceMs: 0, dryRun: false },
    clock: { ...systemClock, now: () => Date.now() + laterMs },
  });
const damages = async (to: Pick<TestRepository, "repository">, level: VerifyLevel) =>
  (await verify({ repository: to.repository, level, clock: systemClock })).findings
    .filter(({ severity }) => severity === "bad")
    .map(({ subject, message }) => `${subject}: ${message}`);

/** A server with a tablespace, and with files that are not its own in its directory. */
async function sideWithRows(major: number): Promise<WalmgrSide> {
  const settings = { autovacuum: "off", ...(major >= 17 ? { summarize_wal: "on" } : {}) };
  const side = await startWalmgrSide({ major, settings });
  const space = join(side.folder, "space");
  mkdirSync(space);
  giveTo(serverOwner(), space);
  await side.query(`create tablespace space location '${space}'`);
  await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 50000) id");
  await side.query("create table aside tablespace space as select generate_series(1, 1000) as id");
  const notes = ["notes of a person.txt", "kept.tmp"].map((name) => join(side.cluster.dataDirectory, name));
  for (const note of notes) writeFileSync(note, "mine");
  giveTo(serverOwner(), ...notes);
  return side;
}

/** All but those of tablespaces. */
function foldersOf(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .filter((name) => !name.startsWith("pg_tblspc/"))
    .sort();
}

describe.each(majors())("PostgreSQL %i", (major) => {
  let side: WalmgrSide;

  beforeAll(async () => {
    side = await sideWithRows(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test("its files are those of the cluster, and what is restored is what was there, in other places", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const [before] = await side.query(ROWS);
    await side.query("checkpoint");
    const [table] = await side.query<{ path: string }>("select pg_relation_filepath('t') as path");

    const { backup } = await to.backup({ ...PLAIN, coding: { compression: "gzip" } });
    const oid = backup.tablespaces[0]!.oid;
    const moved = `${place.dataDirectory}.space`;
    await restoreTo(to, place, { target: { kind: "immediate" }, tablespaceMap: { [oid]: moved } });

    const folder = folderOf(to, backup);
    expect(readdirSync(folder).sort()).toEqual([
      `${oid}.members`,
      "backup.json",
      "backup_manifest",
      "base.members",
      "data",
      "other",
    ]);
    const ours = readFileSync(join(folder, "data", table!.path));
    expect(ours.equals(readFileSync(join(side.cluster.dataDirectory, table!.path)))).toBe(true);
    expect(readdirSync(join(folder, "data/pg_tblspc"))).toEqual([oid]);
    expect(readFileSync(join(place.dataDirectory, "notes of a person.txt"), "utf8")).toBe("mine");
    expect(readFileSync(join(place.dataDirectory, "kept.tmp"), "utf8")).toBe("mine");
    const stored = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => statSync(join(folder, name)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    expect(backup.storedBytes).toBe(stored - statSync(join(folder, "backup.json")).size);
    expect(await damages(to, 3)).toEqual([]);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, ROWS)).toEqual([before]);
    expect(await queryAt(place.url, `select pg_tablespace_location(${oid}) as at`)).toEqual([{ at: moved }]);
  });

  test("a delta restore repairs what differs from it", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const [table] = await side.query<{ path: string }>("select pg_relation_filepath('t') as path");
    const [before] = await side.query(ROWS);
    await to.backup(PLAIN);
    const how = { relocateAll: `${place.dataDirectory}.spaces` };
    await restoreTo(to, place, how);
    const file = join(place.dataDirectory, table!.path);
    writeFileSync(file, readFileSync(file).fill(0xaa, 9000, 9100));

    const second = await restoreTo(to, place, { ...how, existing: "delta" });

    expect(second.writtenFiles).toBeLessThan(10);
    expect(second.keptFiles).toBeGreaterThan(900);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, ROWS)).toEqual([before]);
  });

  test("verify finds the file that is missing, cut or changed, and a restore of it is refused", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const [table] = await side.query<{ path: string }>("select pg_relation_filepath('t') as path");
    const { backup } = await to.backup(PLAIN);
    const name = `backup/${backup.set}/data/${table!.path}`;
    const file = join(to.path, name);
    const bytes = readFileSync(file);
    const restoring = () => restoreTo(to, place, { relocateAll: `${place.dataDirectory}.spaces` });

    expect(await damages(to, 2)).toEqual([]);
    writeFileSync(file, Buffer.from(bytes).fill(0xaa, 9000, 9100));
    expect(await damages(to, 1)).toEqual([]);
    expect(await damages(to, 2)).toEqual([`${name}: its bytes are not those that were stored`]);
    expect((await damages(to, 3)).join()).toContain(`${table!.path} has the checksum`);
    await expect(restoring()).rejects.toMatchObject({ code: "VERIFY_FAILED" });
    truncateSync(file, 8192);
    expect(await damages(to, 1)).toEqual([`${name}: it has 8192 bytes instead of ${bytes.length}`]);
    rmSync(file);
    expect(await damages(to, 1)).toEqual([`${name}: it is missing`]);
    rmSync(join(to.path, "backup", backup.set, "data"), { recursive: true });
    expect(await damages(to, 1)).toHaveLength(1 + 20 + 1);
    expect((await damages(to, 1)).find((one) => one.includes("base.members"))).toMatch(
      /\d{3} more files of base.members/,
    );
  });

  test("a copy that cp and the rescue script have made starts a server, which recovers every row", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const { backup } = await to.backup(PLAIN);
    const spaceOid = backup.tablespaces[0]!.oid;
    await side.query("insert into t values (0, 'later')");
    await to.storeWal();
    const [before] = await side.query(ROWS);
    // Somewhere else, and with the tablespace elsewhere too, as the server of its place is running.
    const copy = join(side.folder, "copied");
    cpSync(to.path, copy, { recursive: true });
    const elsewhere = `${place.dataDirectory}.space`;
    writeFileSync(join(copy, "backup", backup.set, "data/tablespace_map"), `${spaceOid} ${elsewhere}\n`);
    const script = join(side.folder, "walmgr-rescue.sh");
    copyFileSync(RESCUE, script);
    chmodSync(script, 0o755);

    execFileSync(script, ["backup", copy, backup.set, place.dataDirectory], { stdio: "ignore" });
    const byHand = join(side.folder, "by-hand");
    const steps = String.raw`cp -a data "$1"
      sed -n 's/^{"kind":"directory","name":"\([^"]*\)".*/\1/p' base.members | (cd "$1" && xargs mkdir -p)`;
    execFileSync("sh", ["-c", steps, "sh", byHand], { cwd: join(copy, "backup", backup.set) });

    const command = `${script} wal ${copy} %f "%p"`;
    appendFileSync(join(place.dataDirectory, "postgresql.auto.conf"), `restore_command = '${command}'\n`);
    execFileSync("chmod", ["-R", "a+rX", copy]);
    if (process.getuid?.() === 0) execFileSync("chown", ["-R", "nobody", place.dataDirectory, elsewhere]);
    expect(foldersOf(byHand)).toEqual(foldersOf(place.dataDirectory));
    expect(foldersOf(byHand)).toContain("pg_wal/archive_status");
    expect(readFileSync(join(place.dataDirectory, "notes of a person.txt"), "utf8")).toBe("mine");
    expect(readFileSync(join(place.dataDirectory, "kept.tmp"), "utf8")).toBe("mine");
    expect([await place.open(), place.log()]).toEqual([true, expect.anything()]);
    expect(await queryAt(place.url, ROWS)).toEqual([before]);
    await side.query("delete from t where id = 0");
  });

  test("killed in the middle it counts nowhere, and expire takes away what it has left", async () => {
    const to = side.repository();
    const { backup } = await to.backup(PLAIN);
    const ini = walmgrIni(side.folder, {
      ...{ repositories: to.path, primary_conninfo: side.cluster.url(), backup_format: "plain" },
      ...{ backup_rate: "1MB", backup_wal: "include" },
    });
    const sets = () => readdirSync(join(to.path, "backup")).filter((set) => set !== backup.set);
    const files = (set: string) => {
      const data = join(to.path, "backup", set, "data");
      return existsSync(data) ? readdirSync(data, { recursive: true }).length : 0;
    };

    const child = startChild([PROGRAM, ini, "backup"]);
    await until(() => sets().some((set) => files(set) > 100), { what: "files of the backup", timeoutMs: 60_000 });
    child.kill("SIGKILL");
    await child.ended;
    const states = (await listBackups(to.repository.store)).map(({ state }) => state);
    const found = await damages(to, 3);
    await expireOld(to);
    const afterOne = sets();
    await expireOld(to, 8 * 86_400_000);

    expect([states, found, afterOne.length]).toEqual([["done", "running"], [], 1]);
    expect(readdirSync(join(to.path, "backup"))).toEqual([backup.set]);
    expect(readdirSync(folderOf(to, backup)).some((name) => name.endsWith(".tmp"))).toBe(false);
    expect(await damages(to, 3)).toEqual([]);
  });

  test("one that fails leaves its description alone, also in the repository that was well", async () => {
    const [good, bad] = [side.repository(), side.repository()];
    class Full extends DirectoryStore {
      override put(name: string, body: StoreBody): Promise<{ readonly sizeBytes: number }> {
        return name.endsWith("data/global/pg_control")
          ? Promise.reject(new Error("it is full"))
          : super.put(name, body);
      }
    }
    const full = openRepository({ store: new Full(bad.path), clock: systemClock });

    await expect(good.backup({ ...PLAIN, repositories: [good.repository, full] })).rejects.toThrow("it is full");

    for (const { path, repository } of [good, bad]) {
      const [one] = await listBackups(repository.store);
      expect(one).toMatchObject({ state: "failed", error: "it is full" });
      expect(readdirSync(join(path, "backup", one!.set))).toEqual(["backup.json"]);
    }
  });

  test("two repositories get the same files, and a removed backup leaves no folders", async () => {
    const [a, b] = [side.repository(), side.repository()];
    const both = { repositories: [a.repository, b.repository], parallelObjects: 9 };
    const { backup: first } = await a.backup({ ...PLAIN, ...both });
    const { backup: second } = await a.backup({ ...PLAIN, ...both });

    const [there] = await listBackups(b.repository.store);
    const clean = [await damages(a, 3), await damages(b, 3)];
    const removed = await expireOld(b);

    expect(there).toEqual(first);
    expect(clean).toEqual([[], []]);
    expect([removed.removedBackups, readdirSync(join(b.path, "backup"))]).toEqual([[first.set], [second.set]]);
  });

  test("with an encryption key it is refused before anything is begun, in backup and combine", async () => {
    const to = side.repository();
    const key = parseMainKey("ab".repeat(32));
    writeFileSync(join(side.folder, "key"), `${"ab".repeat(32)}\n`, { mode: 0o600 });
    const ini = walmgrIni(
      side.folder,
      {
        ...{ repositories: to.path, primary_conninfo: side.cluster.url() },
        encryption_key_file: join(side.folder, "key"),
      },
      "sealed",
    );
    mkdirSync(to.path);
    const refusal = { code: "WRONG_USE", hint: expect.stringContaining("format tar") as unknown };

    const ran = await runWalmgrCommand([ini, "backup", "--format", "plain"]);
    const coding = { compression: "none", key } as const;
    const combining = combineBackup({
      ...{ repository: to.repository, coding, ...PLAIN, scratch: side.folder, ourUid: null, clock: systemClock },
    });

    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining("are not encrypted")]);
    await expect(combining).rejects.toMatchObject(refusal);
    await expect(to.backup({ coding, ...PLAIN })).rejects.toMatchObject(refusal);
    expect(readdirSync(to.path)).toEqual([]);
  });

  test("what the server compresses on the way is stored as it is", async () => {
    const to = side.repository();

    const { backup } = await to.backup({ ...PLAIN, serverCompression: major < 15 ? null : { method: "gzip" } });

    expect(backup.storedBytes).toBeGreaterThan(backup.plainBytes * 0.8);
    expect(existsSync(join(folderOf(to, backup), "data/PG_VERSION"))).toBe(true);
    expect(await damages(to, 3)).toEqual([]);
  });
});

describe.each(majors().filter((major) => major >= 17))("PostgreSQL %i, incremental", (major) => {
  test("a chain of it, with archives between, is restored, and combined to one", async () => {
    await using side = await sideWithRows(major);
    const to = side.repository();
    await using fromChain = await restorePlace(major);
    await using fromOne = await restorePlace(major);
    await to.backup(PLAIN);
    for (const [i, format] of (["plain", "tar", "plain"] as const).entries()) {
      await side.query(`update t set text = '${i}' where id % 1000 = ${i}`);
      await side.query("insert into aside values (1)");
      const { backup } = await to.backup({ type: "incremental", format });
      expect([backup.type, backup.state]).toEqual(["incremental", "done"]);
    }
    const newest = (await listBackups(to.repository.store)).at(-1)!;
    const names = readdirSync(join(to.path, "backup", newest.set, "data"), { recursive: true, encoding: "utf8" });
    const [before] = await side.query(ROWS);

    await restoreTo(to, fromChain, { relocateAll: `${fromChain.dataDirectory}.spaces` });
    const { backup: combined } = await combineBackup({
      ...{ repository: to.repository, coding: { compression: "gzip" }, ...PLAIN, clock: systemClock },
      ...{ scratch: join(side.folder, "scratch"), ourUid: process.getuid?.() ?? null },
    });
    await expireOld(to);
    await restoreTo(to, fromOne, { relocateAll: `${fromOne.dataDirectory}.spaces` });

    expect(names.some((name) => /\/INCREMENTAL\.\d+$/.test(name))).toBe(true);
    expect(readdirSync(join(to.path, "backup"))).toEqual([combined.set]);
    expect(combined.objects.map(({ form }) => form).sort()).toEqual(["files", "files", "whole"]);
    expect(await damages(to, 3)).toEqual([]);
    for (const place of [fromChain, fromOne]) {
      expect(await place.open()).toBe(true);
      expect(await queryAt(place.url, ROWS)).toEqual([before]);
    }
  });
});
