// Backups over the replication protocol and restores of them, on real servers.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { reasonOf } from "../../src/errors/index.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { listBackups, readManifest } from "../../src/walmgr/backup/index.ts";
import { parseMainKey } from "../../src/walmgr/codec/index.ts";
import { verify } from "../../src/walmgr/verify/index.ts";
import { majors } from "../harness/database.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace, restoreTo, startWalmgrSide, type WalmgrSide } from "../harness/walmgr-side.ts";

const CONTENTS = `
  select (select md5(string_agg(t::text, ',' order by id)) from t) t,
         (select count(*)::int from u) u,
         (select count(*)::int from elsewhere) elsewhere`;

describe.each(majors())("PostgreSQL %i", (major) => {
  let side: WalmgrSide;

  beforeAll(async () => {
    side = await startWalmgrSide({ major });
    const space = join(side.folder, "space");
    mkdirSync(space);
    giveTo(serverOwner(), space);
    await side.query(`create tablespace space location '${space}'`);
    await side.query(`
      create table t as select id, repeat(md5(id::text), 5) as text from generate_series(1, 20000) id;
      create unlogged table u as select 1 as x;
      create table elsewhere tablespace space as select generate_series(1, 1000) as id`);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test("a full backup with a tablespace is restored elsewhere with the same contents, unlogged tables empty", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const moved = join(place.dataDirectory, "..", "not there yet", "moved space");
    const [before] = await side.query(CONTENTS);

    const label = String.raw`it's C:\new`;
    const { backup } = await to.backup({ label });
    const oid = backup.tablespaces[0]!.oid;
    await restoreTo(to, place, { target: { kind: "immediate" }, tablespaceMap: { [oid]: moved } });

    expect(backup).toMatchObject({ state: "done", type: "full", from: "primary", parent: null, label });
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, CONTENTS)).toEqual([{ ...before, u: 0 }]);
    expect(await queryAt(place.url, `select pg_tablespace_location(${oid}) as at`)).toEqual([{ at: moved }]);
    expect(await queryAt(place.url, "show archive_mode")).toEqual([{ archive_mode: "off" }]);
  });

  test.each([
    { compression: "lz4" as const, server: null },
    { compression: "none" as const, server: { method: "gzip" as const } },
  ])(
    "a backup compressed as $compression, by the server as $server, and encrypted is restored",
    async ({ compression, server }) => {
      const key = parseMainKey("ab".repeat(32));
      const keys = [key];
      const to = side.repository({ coding: { compression: major < 15 ? "gzip" : compression, key }, keys });
      await using place = await restorePlace(major);

      const { backup } = await to.backup({ serverCompression: major < 15 ? null : server });
      const withoutKey = restoreTo(to, place, { keys: [] });
      await expect(withoutKey).rejects.toMatchObject({ code: "ENCRYPTION_KEY" });
      await restoreTo(to, place, {
        keys,
        tablespaceMap: { [backup.tablespaces[0]!.oid]: `${place.dataDirectory}.space` },
      });

      expect(backup.objects.every(({ isEncrypted }) => isEncrypted)).toBe(true);
      expect(backup.storedBytes).toBeLessThan(backup.plainBytes / 2);
      expect(await place.open()).toBe(true);
      expect(await queryAt(place.url, "select count(*)::int as n from t")).toEqual([{ n: 20_000 }]);
    },
  );

  test.each(["NONE", "SHA224", "SHA512"] as const)(
    "a backup with the checksums %s is checked by them, by verify and by restore",
    async (manifestChecksums) => {
      const to = side.repository();
      const [path] = await side.query<{ path: string }>("select pg_relation_filepath('t') as path");
      const { backup } = await to.backup({ manifestChecksums });
      const wish = { repository: to.repository, level: 3, clock: systemClock } as const;
      const sound = await verify(wish);
      const archive = join(to.path, "backup", backup.set, "base.tar");
      const bytes = readFileSync(archive);
      bytes[bytes.indexOf(`${path!.path}\0`) + 512 + 8000]! ^= 1;
      writeFileSync(archive, bytes);
      await using place = await restorePlace(major);
      const tablespaceMap = { [backup.tablespaces[0]!.oid]: `${place.dataDirectory}.space` };

      const restored = restoreTo(to, place, { tablespaceMap }).then(
        () => "restored",
        (error: unknown) => reasonOf(error),
      );

      const { manifest } = await readManifest(to.repository.store, backup, []);
      expect(new Set(manifest.files.map(({ algorithm }) => algorithm))).toEqual(new Set([manifestChecksums]));
      expect(sound.findings).toEqual([]);
      const [found, refused] = [`${path!.path} has the checksum`, `the file ${path!.path} of the backup is not what`];
      const messages = (await verify(wish)).findings.map(({ message }) => message).join();
      expect([messages.includes(found), (await restored).includes(refused)]).toEqual(
        manifestChecksums === "NONE" ? [false, false] : [true, true],
      );
    },
  );

  test("a delta restore repairs a damaged directory and writes only what differs", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const [path] = await side.query<{ path: string }>("select pg_relation_filepath('t') as path");
    const { backup } = await to.backup();
    const options = { tablespaceMap: { [backup.tablespaces[0]!.oid]: `${place.dataDirectory}.space` } };
    const first = await restoreTo(to, place, options);
    const file = join(place.dataDirectory, path!.path);
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 9000, 9100);
    writeFileSync(file, bytes);
    writeFileSync(join(place.dataDirectory, "base", "stranger"), "x");

    const second = await restoreTo(to, place, { ...options, existing: "delta" });

    expect(second.writtenFiles).toBeLessThan(10);
    expect(second.keptFiles).toBeGreaterThan(first.writtenFiles - 10);
    expect(second.deletedFiles).toBeGreaterThanOrEqual(1);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select count(*)::int as n from t")).toEqual([{ n: 20_000 }]);
  });

  test("a directory with other things in it is never written to", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const { backup } = await to.backup();
    const options = { tablespaceMap: { [backup.tablespaces[0]!.oid]: `${place.dataDirectory}.space` } };
    writeFileSync(join(place.dataDirectory, "letter"), "mine");

    await expect(restoreTo(to, place, options)).rejects.toMatchObject({ code: "SAFETY_REFUSED" });
    await expect(restoreTo(to, place, { ...options, existing: "delta" })).rejects.toMatchObject({
      code: "SAFETY_REFUSED",
    });

    expect(readFileSync(join(place.dataDirectory, "letter"), "utf8")).toBe("mine");
  });

  test("a delta restore to a new directory leaves the tablespaces of the running primary alone", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    await to.backup();
    await side.query("create table later tablespace space as select generate_series(1, 10) as id");
    const space = join(side.folder, "space");
    const before = treeOf(space);

    const empty = restoreTo(to, place, { existing: "delta" });
    await expect(empty).rejects.toMatchObject({ code: "SAFETY_REFUSED" });
    // A copy of the primary's directory has the links to its tablespaces.
    mkdirSync(join(place.dataDirectory, "pg_tblspc"));
    writeFileSync(join(place.dataDirectory, "PG_VERSION"), `${major}`);
    const [{ oid } = { oid: 0 }] = await side.query<{ oid: number }>(
      "select oid::int from pg_tablespace where spcname = 'space'",
    );
    symlinkSync(space, join(place.dataDirectory, "pg_tblspc", String(oid)));
    const copied = restoreTo(to, place, { existing: "delta" });
    await expect(copied).rejects.toThrow(/the server that runs in .* uses/);

    expect(treeOf(space)).toEqual(before);
    await side.query("drop table later");
  });

  test("a delta restore repairs its own tablespaces and WAL elsewhere, and nothing beside them", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const { backup } = await to.backup();
    const [space, wal] = [`${place.dataDirectory}.space`, `${place.dataDirectory}.wal`];
    const options = { tablespaceMap: { [backup.tablespaces[0]!.oid]: space } };
    await restoreTo(to, place, { ...options, walDirectory: wal });
    const [folder] = readdirSync(space);
    for (const stray of [join(space, folder!, "stray"), join(wal, "000000010000000000000099")])
      writeFileSync(stray, "x");
    mkdirSync(join(space, "PG_9.6_201608131"));
    writeFileSync(join(space, "PG_9.6_201608131", "of another server"), "x");
    mkdirSync(`${wal}.full`);
    writeFileSync(join(`${wal}.full`, "letter"), "mine");

    const [oid] = Object.keys(options.tablespaceMap);
    for (const foreign of [{ ...options, walDirectory: `${wal}.full` }, { tablespaceMap: { [oid!]: `${wal}.full` } }]) {
      const refused = restoreTo(to, place, { existing: "delta", ...foreign });
      await expect(refused).rejects.toMatchObject({ code: "SAFETY_REFUSED" });
    }
    expect(existsSync(join(place.dataDirectory, "global/pg_control"))).toBe(true);
    await restoreTo(to, place, { ...options, existing: "delta" });

    expect(new Set(readdirSync(space))).toEqual(new Set([folder, "PG_9.6_201608131"]));
    expect(treeOf(join(space, "PG_9.6_201608131"))).toEqual(["of another server"]);
    expect(existsSync(join(space, folder!, "stray"))).toBe(false);
    expect(treeOf(wal)).not.toContain("000000010000000000000099");
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select count(*)::int as n from elsewhere")).toEqual([{ n: 1000 }]);
  });

  test("old data and its WAL elsewhere are moved aside or deleted, and not touched when the restore is refused", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const { backup } = await to.backup();
    const { oid } = backup.tablespaces[0]!;
    const wal = `${place.dataDirectory}.wal`;
    const restoreAgain = (existing: "move" | "delete", space: string) =>
      restoreTo(to, place, {
        existing,
        walDirectory: wal,
        tablespaceMap: { [oid]: `${place.dataDirectory}.${space}` },
      });
    await restoreAgain("move", "first");
    writeFileSync(join(wal, "old"), "x");

    await expect(restoreAgain("move", "first")).rejects.toMatchObject({ code: "SAFETY_REFUSED" });
    expect(existsSync(join(place.dataDirectory, "global/pg_control"))).toBe(true);
    const { movedTo } = await restoreAgain("move", "second");
    writeFileSync(join(place.dataDirectory, "old"), "x");
    const deleted = await restoreAgain("delete", "third");

    expect(movedTo).toBe(`${place.dataDirectory}.0`);
    expect(readFileSync(join(movedTo!, "pg_wal", "old"), "utf8")).toBe("x");
    expect(existsSync(join(wal, "old"))).toBe(false);
    expect(deleted.movedTo).toBe(null);
    expect(existsSync(join(place.dataDirectory, "old"))).toBe(false);
    expect(existsSync(`${place.dataDirectory}.1`)).toBe(false);
    expect(await place.open()).toBe(true);
  });

  test("two directories of a restore at one place, and one that cannot be made, are refused with a reason", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const { backup } = await to.backup();
    const { oid } = backup.tablespaces[0]!;
    const wal = `${place.dataDirectory}.wal`;
    const file = join(side.folder, "file");
    writeFileSync(file, "x");

    const twice = restoreTo(to, place, { walDirectory: wal, tablespaceMap: { [oid]: `${wal}/../data.wal` } });
    await expect(twice).rejects.toThrow(/is the same as/);
    const nowhere = restoreTo(to, { dataDirectory: join(file, "data") });
    await expect(nowhere).rejects.toMatchObject({ code: "RESTORE_FAILED" });
    expect(readdirSync(place.dataDirectory)).toEqual([]);
  });

  test("what the group may read of the source it may read of the copy", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const [data, space] = [side.cluster.dataDirectory, join(side.folder, "space")];
    // What a server does whose initdb had --allow-group-access; this one goes on to run as it is.
    execFileSync("chmod", ["-R", "g+rX", data, space]);
    const { backup } = await to.backup();
    execFileSync("chmod", ["-R", "g-rwx", data, space]);
    await restoreTo(to, place, { tablespaceMap: { [backup.tablespaces[0]!.oid]: `${place.dataDirectory}.space` } });

    const modeOf = (name: string) => (statSync(join(place.dataDirectory, name)).mode & 0o777).toString(8);
    expect(["", "base", "pg_tblspc", "pg_wal", "../data.space"].map(modeOf)).toEqual(Array(5).fill("750"));
    expect(["global/pg_control", "backup_label", "tablespace_map", "PG_VERSION"].map(modeOf)).toEqual(
      Array(4).fill("640"),
    );
    expect(await place.open()).toBe(true);
  });

  test("a second backup at the same time is refused, and harms nothing", async () => {
    const to = side.repository();
    await using lease = await to.repository.lease("backup");

    await expect(to.backup()).rejects.toMatchObject({ code: "LEASE_HELD" });

    expect(await listBackups(to.repository.store)).toEqual([]);
    await lease.release();
  });
});

function treeOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}
