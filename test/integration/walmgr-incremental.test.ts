// Chains of incremental backups (PostgreSQL 17 and newer), and what happens where they cannot be made.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { connect } from "../../src/postgres/index.ts";
import { readManifest } from "../../src/walmgr/backup/index.ts";
import { check } from "../../src/walmgr/check/index.ts";
import { type MainKey, parseMainKey } from "../../src/walmgr/codec/index.ts";
import { majors } from "../harness/database.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace, restoreTo, startWalmgrSide, type WalmgrSide } from "../harness/walmgr-side.ts";

/** Differ between two backups of the same contents. */
const OWN_FILES =
  /^(backup_label|walmgr\.recovery\.conf|recovery\.signal|global\/pg_control|pg_wal\/|pg_xact\/|.*_fsm$|.*_vm$)/;

function checksums(directory: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix + entry.name;
    if (entry.isDirectory()) Object.assign(found, checksums(directory, `${path}/`));
    else if (!OWN_FILES.test(path))
      found[path] = createHash("sha256")
        .update(readFileSync(join(directory, path)))
        .digest("hex");
  }
  return found;
}

describe.each(majors().filter((major) => major >= 17))("PostgreSQL %i", (major) => {
  let side: WalmgrSide;

  beforeAll(async () => {
    side = await startWalmgrSide({ major, settings: { summarize_wal: "on", autovacuum: "off" } });
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test("a chain of five incremental backups gives the files of a full one, byte by byte", async () => {
    const to = side.repository();
    await using fromChain = await restorePlace(major);
    await using fromFull = await restorePlace(major);
    await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 30000) id");
    await side.query("create table cut as select id, md5(id::text) as text from generate_series(1, 30000) id");
    await side.query("create table gone as select generate_series(1, 100) as id");
    await to.backup();
    const steps = [
      "update t set text = 'changed' where id % 1000 = 0",
      "delete from cut where id > 1000; vacuum cut",
      "drop table gone; create table fresh as select generate_series(1, 10000) as id",
      "insert into cut select id, 'again' from generate_series(1, 20000) id; vacuum full t",
      "update t set text = 'last' where id = 7; vacuum (freeze); checkpoint",
    ];

    const types: string[] = [];
    for (const step of steps) {
      for (const statement of step.split("; ")) await side.query(statement);
      types.push((await to.backup({ type: "incremental" })).backup.type);
    }
    const result = await restoreTo(to, fromChain);
    const { backup: full } = await to.backup();
    await restoreTo(to, fromFull, { set: full.set });
    const [before] = await side.query("select md5(string_agg(t::text, ',' order by id)) from t");

    expect(types).toEqual(steps.map(() => "incremental"));
    expect(result.chain).toHaveLength(6);
    expect(checksums(fromChain.dataDirectory)).toEqual(checksums(fromFull.dataDirectory));
    expect(await fromChain.open()).toBe(true);
    expect(await queryAt(fromChain.url, "select md5(string_agg(t::text, ',' order by id)) from t")).toEqual([before]);
    expect(await queryAt(fromChain.url, "select count(*)::int as n from cut")).toEqual([{ n: 21_000 }]);
  });

  test("a restored chain has no directory of a database that was dropped in it", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    await side.query("create database dropped");
    const [database] = await side.query<{ oid: number }>("select oid::int from pg_database where datname = 'dropped'");
    const { backup: full } = await to.backup();
    await side.query("drop database dropped");
    await to.backup({ type: "incremental" });

    await restoreTo(to, place);

    expect((await readManifest(to.repository.store, full, [])).bytes.includes(`base/${database!.oid}/`)).toBe(true);
    expect(readdirSync(join(place.dataDirectory, "base"))).not.toContain(`${database!.oid}`);
  });

  test("backups that begin within one second have names of their own", async () => {
    const to = side.repository();
    const atOnce = { clock: { ...systemClock, now: () => Date.UTC(2026, 0, 1) } };

    const sets = [
      (await to.backup(atOnce)).backup.set,
      (await to.backup({ ...atOnce, type: "incremental" })).backup.set,
      (await to.backup({ ...atOnce, type: "incremental" })).backup.set,
    ];

    expect(sets).toEqual(["20260101-000000F", "20260101-000001I", "20260101-000002I"]);
  });

  test("without summaries of the WAL a full backup is taken, and a note says so", async () => {
    const to = side.repository();
    await to.backup();
    await side.query("alter system set summarize_wal = off");
    await side.query("select pg_reload_conf()");

    const { backup, notes } = await to.backup({ type: "incremental" });

    expect(backup.type).toBe("full");
    expect(notes.join()).toMatch(/full backup is taken/);
    await side.query("alter system reset summarize_wal");
    await side.query("select pg_reload_conf()");
  });

  test("a backup with other checksums than asked for is no parent: a full backup is taken, and a note says so", async () => {
    const to = side.repository();
    const sha256 = { type: "incremental", manifestChecksums: "SHA256" } as const;
    const { backup: first } = await to.backup();

    const changed = await to.backup(sha256);
    const next = await to.backup(sha256);

    expect([changed.backup.type, changed.notes.join()]).toEqual([
      "full",
      `a full backup is taken: ${first.set} has other checksums, crc32c and not sha256`,
    ]);
    expect([next.backup.type, next.backup.parent]).toEqual(["incremental", changed.backup.set]);
  });

  test("a chain whose full backup is gone cannot be restored, and the message says what is missing", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const { backup: full } = await to.backup();
    await to.backup({ type: "incremental" });
    await to.repository.store.delete([`backup/${full.set}/backup.json`]);

    await expect(restoreTo(to, place)).rejects.toThrow(new RegExp(`needs ${full.set}`));
    const lines = await check({
      repositories: [to.repository],
      connect: () => connect(side.cluster.url(), { env: {} }),
      ...{ warnBackupAgeMs: 3_600_000, warnWalBytes: 2 ** 30, receiverName: "nobody", slot: null, clock: systemClock },
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ status: "critical", message: expect.stringContaining(`needs ${full.set}`) as unknown }),
    );
    const { backup, notes } = await to.backup({ type: "incremental" });
    expect([backup.type, notes.join()]).toEqual(["full", expect.stringContaining(`needs ${full.set}`)]);
  });

  test("where the parent cannot be read, or one of the repositories does not have it, a full backup is taken", async () => {
    const [to, added] = [side.repository(), side.repository()];
    const [old, key] = ["ab", "cd"].map((word) => parseMainKey(word.repeat(32)));
    const coded = (one: MainKey) => ({ coding: { compression: "gzip" as const, key: one }, keys: [one] });
    const { backup: first } = await to.backup(coded(old!));

    const changed = await to.backup({ ...coded(key!), type: "incremental" });
    const both = { ...coded(key!), repositories: [to.repository, added.repository], type: "incremental" as const };
    const joined = [await to.backup(both), await to.backup(both)];

    expect([changed.backup.type, changed.notes.join()]).toEqual([
      "full",
      expect.stringMatching(`manifest of ${first.set} cannot be read`),
    ]);
    expect(joined.map(({ backup }) => backup.type)).toEqual(["full", "incremental"]);
    expect(joined[0]!.notes.join()).toMatch(
      `the backup ${changed.backup.set} is not there in ${added.repository.description}`,
    );
  });
});

describe.each(majors().filter((major) => major < 17))("PostgreSQL %i", (major) => {
  test("an incremental backup becomes a full one where the server has none", async () => {
    await using side = await startWalmgrSide({ major });
    const to = side.repository();

    const { backup, notes } = await to.backup({ type: "incremental" });

    expect(backup.type).toBe("full");
    expect(notes.join()).toMatch(/has no incremental backups/);
  });
});
