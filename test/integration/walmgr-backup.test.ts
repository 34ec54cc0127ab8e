// Backups over the replication protocol and restores of them, on real servers.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { listBackups } from "../../src/walmgr/backup/index.ts";
import { parseMainKey } from "../../src/walmgr/codec/index.ts";
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
    const moved = join(place.dataDirectory, "..", "moved space");
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

  test("a second backup at the same time is refused, and harms nothing", async () => {
    const to = side.repository();
    await using lease = await to.repository.lease("backup");

    await expect(to.backup()).rejects.toMatchObject({ code: "LEASE_HELD" });

    expect(await listBackups(to.repository.store)).toEqual([]);
    await lease.release();
  });
});
