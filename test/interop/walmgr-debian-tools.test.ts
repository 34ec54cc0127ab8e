// PostgreSQL's own programs on what walmgr stores: Debian's pg_verifybackup, pg_waldump and tar.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { debianBinaries } from "../harness/debian-packages.ts";
import { until } from "../harness/until.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace } from "../harness/walmgr-side.ts";
import { type WalmgrSite, walmgrSite } from "../harness/walmgr-site.ts";
import { endedProgram, runProgram } from "./program.ts";

interface Stored {
  readonly set: string;
  /** Folder of a backup of the format plain. */
  readonly plain: string;
  /** Folder of the backup in the repository. */
  readonly backup: string;
  /** Of complete segments, as they are. */
  readonly wal: string;
  readonly tablespaceOid: string;
}

describe("PostgreSQL 15 of Debian", () => {
  let cluster: Cluster;
  let site: WalmgrSite;
  let scratch: string;
  let stored: Stored;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "skytools-tools-"));
    const space = join(scratch, "space");
    mkdirSync(space);
    giveTo(serverOwner(), scratch, space);
    cluster = await startCluster({ binaries: debianBinaries, durable: true, settings: { fsync: "off" } });
    const conninfo = `master_db = ${cluster.url()}`;
    site = walmgrSite([conninfo, "synchronous = 1", "backup_compression = gzip", "backup_wal = wait"]);
    const query = <R extends Record<string, unknown>>(sql: string) => queryAt<R>(cluster.url(), sql);
    await query(`create tablespace aside location '${space}'`);
    await query("create table t as select id, md5(id::text) as text from generate_series(1, 20000) id");
    await query("create table u tablespace aside as select id from generate_series(1, 1000) id");
    const receiver = site.start("receive");
    await until(async () => (await query("select 1 from pg_stat_replication where state = 'streaming'")).length > 0, {
      timeoutMs: 60_000,
      what: receiver.output() || "receiver",
    });
    const { set } = JSON.parse(await site.run("backup", "--json")) as { set: string };
    const plain = JSON.parse(await site.run("backup", "--json", "--format", "plain")) as { set: string };
    await query("insert into t select id, 'later' from generate_series(20001, 30000) id");
    const [row] = await query<{ name: string }>("select pg_walfile_name(pg_switch_wal()) as name");
    const wal = join(site.data, "wal", "00000001", "0000000100000000");
    await query("insert into t values (0, 'last')");
    await until(() => readdirSync(wal).includes(`${row!.name}.json`), { timeoutMs: 60_000, what: "segment is stored" });
    const [{ oid } = { oid: "" }] = await query<{ oid: string }>(
      "select oid::text as oid from pg_tablespace where spcname = 'aside'",
    );
    await receiver.end("SIGTERM");
    const [backup, plainBackup] = [set, plain.set].map((one) => join(site.data, "backup", one)) as [string, string];
    stored = { set, backup, plain: plainBackup, wal, tablespaceOid: oid };
  }, 240_000);

  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await cluster.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** What tar and gzip alone make of the stored backup. */
  function unpackByHand(): string {
    const place = mkdtempSync(join(scratch, "by-hand-"));
    const tablespace = join(place, "pg_tblspc", stored.tablespaceOid);
    execFileSync("tar", ["-xzf", join(stored.backup, "base.tar.gz"), "-C", place]);
    mkdirSync(tablespace, { recursive: true });
    execFileSync("tar", ["-xzf", join(stored.backup, `${stored.tablespaceOid}.tar.gz`), "-C", tablespace]);
    execFileSync("sh", ["-c", `gzip -dc "$1" > "$2"`, "sh", join(stored.backup, "backup_manifest.gz"), join(place, "backup_manifest")]); // prettier-ignore
    return place;
  }

  test("pg_verifybackup accepts a backup that tar unpacked, with the stored WAL", async () => {
    const place = unpackByHand();

    const verified = await runProgram(`${debianBinaries}/bin/pg_verifybackup`, ["-e", "-w", stored.wal, place]);

    expect(verified).toContain("backup successfully verified");
  });

  test("pg_verifybackup accepts a backup of the format plain where it lies, and finds a changed file in a copy", async () => {
    const copy = join(scratch, "plain");
    cpSync(stored.plain, copy, { recursive: true });
    const verifying = (folder: string) =>
      endedProgram(`${debianBinaries}/bin/pg_verifybackup`, [
        ...["-e", "-w", stored.wal, "-m", join(folder, "backup_manifest"), join(folder, "data")],
      ]);
    const sound = [await verifying(stored.plain), await verifying(copy)];
    const [path] = await queryAt<{ path: string }>(cluster.url(), "select pg_relation_filepath('u') as path");
    const file = join(copy, "data", path!.path);
    writeFileSync(file, readFileSync(file).fill(1, 4000, 4100));

    const changed = await verifying(copy);

    for (const { output } of sound) expect(output).toContain("backup successfully verified");
    expect(changed.output).toContain(`checksum mismatch for file "${path!.path}"`);
  });

  test("pg_verifybackup accepts what our restore has written", async () => {
    await using place = await restorePlace(15, debianBinaries);
    const map = `${stored.tablespaceOid}=${join(scratch, "restored-space")}`;
    mkdirSync(join(scratch, "restored-space"), { mode: 0o700 });
    giveTo(serverOwner(), join(scratch, "restored-space"));
    await site.run("restore", stored.set, "--dest", place.dataDirectory, "--tablespace-map", map);
    const manifest = join(scratch, "manifest");
    copyFileSync(join(unpackByHand(), "backup_manifest"), manifest);
    // What recovery needs, and the map with its new places.
    const ours = ["walmgr.recovery.conf", "tablespace_map"].flatMap((name) => ["-i", name]);

    const words = ["-e", "-m", manifest, "-w", stored.wal, ...ours, place.dataDirectory];
    const verified = await runProgram(`${debianBinaries}/bin/pg_verifybackup`, words);

    expect(verified).toContain("backup successfully verified");
  });

  test("pg_waldump reads the stored WAL from the first record to the last complete segment", async () => {
    const names = readdirSync(stored.wal).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort(); // prettier-ignore
    const [first, last] = [names[0]!, names.at(-1)!];

    const dump = await runProgram(`${debianBinaries}/bin/pg_waldump`, ["-p", stored.wal, first, last]);

    expect(names.length).toBeGreaterThan(1);
    expect(dump).toMatch(/desc: COMMIT/);
    expect(dump.trim().split("\n").at(-1)).toMatch(/rmgr: XLOG .*desc: SWITCH/);
  });

  test("pg_waldump reads the begun segment up to the position that is called durable", async () => {
    const [partial] = readdirSync(stored.wal).filter((name) => name.endsWith(".partial"));
    const state = readFileSync(join(stored.wal, `${partial!}.json`), "utf8");
    const { flushedLsn } = JSON.parse(state) as { flushedLsn: string };
    const name = partial!.slice(0, 24);
    const folder = mkdtempSync(join(scratch, "begun-"));
    copyFileSync(join(stored.wal, partial!), join(folder, name));

    const { output } = await endedProgram(`${debianBinaries}/bin/pg_waldump`, ["-p", folder, name]);

    // It reads on until there are only zeros: the end of the WAL.
    expect(output).toContain("desc: COMMIT");
    expect(/invalid record length at ([0-9A-F/]+): wanted 24, got 0/.exec(output)?.[1]).toBe(flushedLsn);
  });

  test("a server of Debian recovers every row from it through archive-get", async () => {
    await using place = await restorePlace(15, debianBinaries);
    await site.run("restore", "--dest", place.dataDirectory, "--tablespace-map", `${stored.tablespaceOid}=${join(scratch, "again")}`); // prettier-ignore

    expect(await place.open()).toBe(true);
    expect(
      await queryAt(place.url, "select count(*)::int as n, max(text) filter (where id = 0) as last from t"),
    ).toEqual([{ n: 30_001, last: "last" }]);
    expect(await queryAt(place.url, "select count(*)::int as n from u")).toEqual([{ n: 1_000 }]);
  });
});
