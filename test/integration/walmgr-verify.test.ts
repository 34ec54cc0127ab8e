// verify, restore-test, expire and check on a real repository, with damage done to it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { connect } from "../../src/postgres/index.ts";
import { ownIdentity } from "../../src/service/index.ts";
import { findBinaries } from "../../src/testing/binaries.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { check, worstOf } from "../../src/walmgr/check/index.ts";
import { repositoryInfo } from "../../src/walmgr/info/index.ts";
import { expire, type ExpireOptions, pinBackup, type RetentionRules } from "../../src/walmgr/retention/index.ts";
import { openRepository } from "../../src/walmgr/repository/index.ts";
import { DirectoryStore, writeText } from "../../src/walmgr/store/index.ts";
import { restoreTest, verify, type VerifyLevel } from "../../src/walmgr/verify/index.ts";
import { endMajors } from "../harness/major-pairs.ts";
import {
  restorePlace,
  restoreTo,
  startWalmgrSide,
  type TestRepository,
  type WalmgrSide,
} from "../harness/walmgr-side.ts";
import { until } from "../harness/until.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const RULES: RetentionRules = {
  ...{ keepBackups: 1, keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null },
  keepMin: 1,
};

describe.each(endMajors())("PostgreSQL %i", (major) => {
  let side: WalmgrSide;

  beforeAll(async () => {
    side = await startWalmgrSide({ major });
    await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 10000) id");
    await side.query("create index on t (text)");
  });
  afterAll(() => side[Symbol.asyncDispose]());

  async function damages({ repository }: TestRepository, level: VerifyLevel): Promise<readonly string[]> {
    const { findings } = await verify({ repository, level, clock: systemClock });
    return findings
      .filter(({ severity }) => severity === "bad")
      .map(({ subject, message }) => `${subject}: ${message}`);
  }

  function expireNow({ repository }: TestRepository, more: Partial<ExpireOptions> = {}) {
    const how = { keepWalDays: null, graceMs: 0, dryRun: false, clock: systemClock };
    return expire({ repository, rules: RULES, ...how, ...more });
  }

  test("a sound repository has no findings on any level, and a lost or changed object is found", async () => {
    const to = side.repository();
    const { backup } = await to.backup();
    const archive = join(to.path, "backup", backup.set, "base.tar");
    const bytes = readFileSync(archive);
    const sound = [await damages(to, 1), await damages(to, 3)];
    const changed = Buffer.from(bytes);
    changed[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(archive, changed);
    const flipped = await damages(to, 2);
    rmSync(archive);
    const lost = await damages(to, 1);

    expect(sound).toEqual([[], []]);
    expect(flipped).toEqual([expect.stringMatching(/base\.tar: its bytes are not those/)]);
    expect(lost).toEqual([expect.stringMatching(/base\.tar: it is missing/)]);
  });

  test("what killed programs have left is told by verify, and removed by expire after a day", async () => {
    const to = side.repository();
    const { backup } = await to.backup();
    const stray = join(to.path, "backup/20260101-000000F");
    mkdirSync(stray);
    const left = [join(stray, "base.tar"), join(to.path, "backup", backup.set, "base.tar.gz.0a1b2c3d4e5f.tmp")];
    for (const path of left) writeFileSync(path, "x");
    const tomorrow = { ...systemClock, now: () => Date.now() + 25 * 3_600_000 };

    const { findings } = await verify({ repository: to.repository, level: 1, clock: systemClock });
    await expireNow(to);
    const young = left.map((path) => existsSync(path));
    await expireNow(to, { clock: tomorrow });

    expect(findings.map(({ severity, subject }) => [severity, subject])).toEqual([["note", "20260101-000000F"]]);
    expect([young, left.map((path) => existsSync(path))]).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(await damages(to, 2)).toEqual([]);
  });

  test("what an expire elsewhere removes while verify looks at it is no damage", async () => {
    const to = side.repository();
    const { backup: old } = await to.backup();
    await to.storeWal();
    await to.backup();
    const files = readdirSync(join(to.path, "wal"), { recursive: true, encoding: "utf8" })
      .filter((path) => /[0-9A-F]{24}$/.test(path))
      .sort();
    const first = join(to.path, "wal", files[0] ?? "");
    const remove = (subject: string): void => {
      if (subject === old.set) rmSync(join(to.path, "backup", old.set), { recursive: true });
      if (subject === "WAL") for (const path of [first, `${first}.json`]) rmSync(path);
    };

    const watched = { repository: to.repository, level: 3, clock: systemClock, onProgress: remove } as const;
    const { findings, checkedBackups } = await verify(watched);

    expect(findings.filter(({ severity }) => severity === "bad")).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ severity: "note", subject: old.set }));
    expect(checkedBackups).toBe(1);
    expect(await damages(to, 3)).toEqual([]);
  });

  test("a repository that goes away while verify reads its WAL is not told as damaged", async () => {
    const to = side.repository();
    await to.backup();
    class LostDisk extends DirectoryStore {
      override async get(name: string): Promise<AsyncIterable<Uint8Array>> {
        if (/[0-9A-F]{24}$/.test(name)) renameSync(to.path, `${to.path}.away`);
        return await super.get(name);
      }
    }
    const store = new LostDisk(to.path, { mustExist: true });
    await using repository = openRepository({ store, clock: systemClock });

    const verified = verify({ repository, level: 2, clock: systemClock });

    await expect(verified).rejects.toMatchObject({ code: "STORE_FAILED" });
    renameSync(`${to.path}.away`, to.path);
    expect((await repositoryInfo(to.repository)).lastVerify).toBeNull();
  });

  test("a repository into which the result cannot be written is verified all the same", async () => {
    const to = side.repository();
    await to.backup();
    mkdirSync(join(to.path, "verify.json"));

    const result = await verify({ repository: to.repository, level: 1, clock: systemClock });

    expect(result).toMatchObject({ checkedBackups: 1, findings: [] });
  });

  test("a backup whose WAL is gone is found, and check is critical about it", async () => {
    const to = side.repository();
    await to.backup();
    for await (const segment of to.repository.wal.segments()) await to.repository.wal.deleteSegments([segment]);

    const found = await damages(to, 1);
    const lines = await check({
      repositories: [to.repository],
      connect: () => connect(side.cluster.url(), { env: {} }),
      ...{ warnBackupAgeMs: 3_600_000, warnWalBytes: 2 ** 30, receiverName: "nobody", slot: null, clock: systemClock },
    });

    expect(found).toEqual([expect.stringMatching(/cannot be restored: WAL is missing/)]);
    expect(worstOf(lines)).toBe("critical");
  });

  test("restore-test starts a server on the backup, looks at indexes and runs a statement, and leaves nothing", async () => {
    using scratch = temporaryFolder();
    giveTo(serverOwner(), scratch.path);
    const to = side.repository();
    const { backup } = await to.backup();
    const options = {
      ...{ repository: to.repository, restoreCommand: to.restoreCommand, scratch: scratch.path, user: "postgres" },
      ...{ ourUid: process.getuid?.() ?? null, timeoutMs: 60_000, clock: systemClock },
      binDirectory: join(findBinaries(major), "bin"),
    };

    const result = await restoreTest({
      ...options,
      checks: [{ database: "postgres", sql: "select 1 / count(*) from t" }],
    });
    const failing = restoreTest({ ...options, checks: [{ database: "postgres", sql: "select 1 / 0" }] });

    expect(result.restored.set).toBe(backup.set);
    expect(result.databases).toBeGreaterThanOrEqual(2);
    expect(result.checkedIndexes).toBeGreaterThan(50);
    await expect(failing).rejects.toMatchObject({ code: "VERIFY_FAILED" });
    expect((await repositoryInfo(to.repository)).backups).toHaveLength(1);
  });

  test("restore-test gets in whatever the configuration of the old server says, and nothing outside is touched", async () => {
    using scratch = temporaryFolder();
    giveTo(serverOwner(), scratch.path);
    using outside = temporaryFolder();
    giveTo(serverOwner(), outside.path);
    const data = side.cluster.dataDirectory;
    const original = ["pg_hba.conf", "postgresql.conf"].map((name) => [name, readFileSync(join(data, name))] as const);
    const hostile = `
      data_directory = '${data}'
      external_pid_file = '${outside.path}/pid'
      recovery_end_command = 'touch ${outside.path}/ended'
      logging_collector = on
      log_directory = '${outside.path}'
      listen_addresses = '*'
      ssl = on
      ssl_cert_file = '/nowhere'
      session_preload_libraries = 'nowhere'
      shared_buffers = '1000GB'
      include_dir 'conf.d'
`;
    const repositories = [side.repository(), side.repository()] as const;
    try {
      writeFileSync(join(data, "pg_hba.conf"), "local all all scram-sha-256\nhost all all all scram-sha-256\n");
      writeFileSync(join(data, "postgresql.conf"), hostile.replace(/include_dir.*/, ""));
      await repositories[0].backup();
      for (const [name] of original) rmSync(join(data, name));
      await repositories[1].backup({ configFiles: [{ name: "postgresql.conf", bytes: Buffer.from(hostile) }] });
    } finally {
      for (const [name, bytes] of original) writeFileSync(join(data, name), bytes);
    }

    for (const to of repositories) {
      const { databases } = await restoreTest({
        ...{ repository: to.repository, restoreCommand: to.restoreCommand, scratch: scratch.path, user: "postgres" },
        ...{ ourUid: process.getuid?.() ?? null, timeoutMs: 60_000, clock: systemClock },
        binDirectory: join(findBinaries(major), "bin"),
      });
      expect(databases).toBeGreaterThanOrEqual(2);
    }
    const unknown = restoreTest({
      ...{ repository: repositories[0].repository, restoreCommand: repositories[0].restoreCommand },
      ...{ scratch: scratch.path, user: "stranger", timeoutMs: 60_000, clock: systemClock },
      ...{ ourUid: process.getuid?.() ?? null, binDirectory: join(findBinaries(major), "bin") },
    });
    await expect(unknown).rejects.toThrow(/lets nobody in: .*stranger/);

    expect([readdirSync(outside.path), readdirSync(scratch.path)]).toEqual([[], []]);
  });

  test("of a restore-test that is killed nothing stays: the server ends with it, and the next one clears what was left", async () => {
    await using place = walmgrPlace(major);
    const keys = { primary_conninfo: side.cluster.url(), test_directory: place.file("scratch"), slave_bin: place.bin };
    const ini = place.ini("walmgr", { ...keys, test_sql: "postgres: select pg_sleep(600)" });
    const quick = place.ini("quick", keys);
    const backup = await place.run(ini, "backup");
    const folders = () => (existsSync(place.file("scratch")) ? readdirSync(place.file("scratch")) : []);
    const isAsleep = () => {
      const [name] = folders();
      const pidfile = place.file(`scratch/${name}/data/postmaster.pid`);
      return name !== undefined && existsSync(pidfile) && readFileSync(pidfile, "utf8").includes("ready");
    };

    const test = place.start(ini, "restore-test");
    await until(isAsleep, { timeoutMs: 60_000, what: "server of the test" });
    const pid = Number.parseInt(readFileSync(place.file(`scratch/${folders()[0]}/data/postmaster.pid`), "utf8"));
    await test.stop("SIGKILL");
    await until(() => folders().length === 0, { timeoutMs: 60_000, what: "end of the server" });
    expect(backup.status).toBe(0);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");

    const identity = (more: object) => JSON.stringify({ ...ownIdentity(), ...more });
    for (const [name, text] of [
      ["left", identity({ started: "1" })],
      ["alive", identity({})],
      ["strange", "?"],
    ] as const) {
      const folder = place.file(`scratch/walmgr-scratch-${name}`);
      mkdirSync(`${folder}/data`, { recursive: true });
      writeFileSync(`${folder}/walmgr.json`, text);
      giveTo(serverOwner(), folder, `${folder}/data`);
    }
    const data = place.file("scratch/walmgr-scratch-left/data");
    const server = spawn("sleep", ["600"], { cwd: data, ...serverOwner() });
    const gone = new Promise((resolve) => server.once("exit", (_, signal) => resolve(signal)));
    writeFileSync(join(data, "postmaster.pid"), `${server.pid}\n`);
    const next = await place.run(quick, "restore-test", "--target-immediate");

    expect(next).toMatchObject({ status: 0 });
    expect(await gone).toBe("SIGQUIT");
    expect(folders().sort()).toEqual(["walmgr-scratch-alive", "walmgr-scratch-strange"]);
  });

  test("expire keeps what the rules and pins say, first only tells, and what stays can be restored", async () => {
    const to = side.repository();
    await using place = await restorePlace(major);
    const sets: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      await side.query("insert into t values (0, 'more')");
      sets.push((await to.backup()).backup.set);
    }
    await pinBackup(to.repository, { set: sets[0]!, untilMs: null });

    const told = await expireNow(to, { dryRun: true });
    const marked = await expireNow(to, { graceMs: 3_600_000 });
    const before = await repositoryInfo(to.repository);
    const done = await expireNow(to);
    const after = await repositoryInfo(to.repository);
    await restoreTo(to, place);

    expect(told.removedBackups).toEqual([sets[1]]);
    expect(marked).toMatchObject({ removedBackups: [], waitingBackups: [sets[1]] });
    expect(before.backups.map(({ set }) => set)).toEqual(sets);
    expect(done.removedBackups).toEqual([sets[1]]);
    expect(after.backups.map(({ set }) => set)).toEqual([sets[0], sets[2]]);
    expect(await damages(to, 1)).toEqual([]);
    expect(await place.open()).toBe(true);
  });

  test("what lost its lease removes and finishes nothing", async () => {
    const to = side.repository();
    const thief = { host: "elsewhere", pid: 1, bootId: "", started: "", token: "x", heartbeatMs: Date.now() };
    const steal = (): Promise<void> => writeText(to.repository.store, "lock/backup.json", JSON.stringify(thief));
    const sets = [(await to.backup()).backup.set, (await to.backup()).backup.set];

    await expect(expireNow(to, { beforeRemoval: steal })).rejects.toMatchObject({ code: "LEASE_HELD" });
    await to.repository.store.delete(["lock/backup.json"]);
    let stolen: Promise<void> | null = null;
    await expect(to.backup({ onProgress: () => void (stolen ??= steal()) })).rejects.toMatchObject({
      code: "LEASE_HELD",
    });

    const states = (await repositoryInfo(to.repository)).backups.map(({ set, state }) => [set, state]);
    expect(states).toEqual([...sets.map((set) => [set, "done"]), [expect.anything(), "failed"]]);
  });

  test("a backup cannot be pinned while backups are removed: what is pinned is there", async () => {
    const to = side.repository();
    const [{ backup }] = [await to.backup(), await to.backup()];
    const pin = () => pinBackup(to.repository, { set: backup.set, untilMs: null });

    const pinned: unknown[] = [];
    const beforeRemoval = async (): Promise<void> => {
      pinned.push(await pin().catch((error: unknown) => error));
    };
    await expireNow(to, { beforeRemoval });

    expect(pinned).toMatchObject([{ code: "LEASE_HELD" }]);
    await expect(pin()).rejects.toMatchObject({ code: "BACKUP_NOT_FOUND" });
  });
});
