// The commands of walmgr about backups, as a user calls them; and the rescue script, which needs nothing of ours.
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { parseMainKey, readAll } from "../../src/walmgr/codec/index.ts";
import { walmgr } from "../../src/walmgr/program/program.ts";
import { openRepository } from "../../src/walmgr/repository/index.ts";
import { DirectoryStore } from "../../src/walmgr/store/index.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace, startWalmgrSide } from "../harness/walmgr-side.ts";
import { type ProgramResult, runHere } from "../harness/run-program.ts";
import { walmgrIni } from "../harness/run-walmgr.ts";

const RESCUE = fileURLToPath(new URL("../../scripts/rescue/walmgr-rescue.sh", import.meta.url));
const KEY = "0123456789abcdef".repeat(4);

async function run(...argv: readonly string[]): Promise<ProgramResult> {
  return await runHere(walmgr, argv);
}

describe.each(endMajors())("PostgreSQL %i", (major) => {
  test("a backup is taken, shown, verified and restored by commands, and an error has the status of its kind", async () => {
    await using side = await startWalmgrSide({ major });
    await using place = await restorePlace(major);
    await side.query("create table t as select generate_series(1, 100) as id");
    const ini = join(side.folder, "walmgr.ini");
    const own = `job_name = test\nwalmgr_data = ${side.folder}/data\nprimary_conninfo = ${side.cluster.url()}\nkeep_backups = 1\n`;
    mkdirSync(`${side.folder}/data`);
    writeFileSync(ini, `[walmgr]\n${own}logfile = ${side.folder}/walmgr.log\npidfile = ${side.folder}/walmgr.pid\n`);

    const first = await run(ini, "backup", "--json");
    const second = await run(ini, "backup", "--json");
    const info = await run(ini, "info");
    const listed = await run(ini, "listbackups", "--json");
    const verified = await run(ini, "verify", "--level", "3");
    const tooLate = await run(ini, "restore", "--dest", `${place.dataDirectory}/x`, "--target-time", "2001-01-01");
    const { set } = JSON.parse(second.stdout) as { set: string };
    const keeps = [
      await run(ini, "keep", set, "--until", "2001-01-01"),
      await run(ini, "keep", "20010101-000000F", "--release"),
      await run(ini, "keep", set, "--until", "2100-01-01"),
      await run(ini, "keep", set, "--release"),
    ];
    const restored = await run(ini, "restore", "--dest", place.dataDirectory, "--target-immediate");

    expect([first.status, second.status]).toEqual([0, 0]);
    expect(keeps.map(({ status }) => status)).toEqual([1, 1, 0, 0]);
    expect(keeps[0]!.stderr).toContain("is in the past");
    expect(keeps[1]!.stderr).toContain("there is no backup 20010101-000000F");
    expect(info.stdout).toContain(set);
    expect((JSON.parse(listed.stdout) as { set: string }[]).map((backup) => backup.set)).toEqual([set]);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining("all is well") as unknown });
    expect(tooLate.status).toBe(1);
    expect(restored).toMatchObject({ status: 0, stdout: expect.stringContaining(`${set} restored to`) as unknown });
    expect(readFileSync(join(place.dataDirectory, "walmgr.recovery.conf"), "utf8")).toMatch(/archive-get .*%f/);
    // Here there is no built program that the server could call, and without an answer it would not end its recovery.
    appendFileSync(join(place.dataDirectory, "walmgr.recovery.conf"), "restore_command = '/bin/false'\n");
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select count(*)::int as n from t")).toEqual([{ n: 100 }]);
  });

  test("a restore aside leaves the standby's server alone; slave_data is deleted where backup_datadir says so", async () => {
    await using side = await startWalmgrSide({ major });
    const file = (name: string) => join(side.folder, name);
    const slave = { slave_data: file("slave"), slave_pg_xlog: file("wal"), backup_datadir: "no" };
    const commands = { slave_start_cmd: `touch ${file("started")}`, slave_stop_cmd: `touch ${file("stopped")}` };
    const ini = walmgrIni(side.folder, { primary_conninfo: side.cluster.url(), ...slave, ...commands });
    await run(ini, "backup");

    const aside = await run(ini, "restore", "latest", file("copy"));
    writeFileSync(file("copy/postmaster.pid"), "");
    const again = await run(ini, "restore", "latest", file("copy"));
    const isTouched = existsSync(file("started")) || existsSync(file("stopped"));
    const first = await run(ini, "restore", "--no-start");
    writeFileSync(file("slave/mine"), "");
    const second = await run(ini, "restore", "--no-wait");

    expect([aside.status, again.status, first.status, second.status]).toEqual([0, 2, 0, 0]);
    expect(again.stderr).toContain("is not empty");
    expect(isTouched).toBe(false);
    expect([existsSync(file("copy.0")), existsSync(file("slave.0")), existsSync(file("slave/mine"))]).toEqual([
      false,
      false,
      false,
    ]);
    expect([readlinkSync(file("slave/pg_wal")), existsSync(file("started"))]).toEqual([file("wal"), true]);
  });

  test("--not-really changes nothing: a restore tells what it would do, a command that cannot is refused", async () => {
    await using side = await startWalmgrSide({ major });
    const file = (name: string) => join(side.folder, name);
    const slave = { slave_data: file("slave"), slave_stop_cmd: `touch ${file("stopped")}` };
    // As the old walmgr did, and init writes them.
    const files = { logfile: file("log/walmgr.log"), pidfile: file("pid/walmgr.pid") };
    const ini = walmgrIni(side.folder, { primary_conninfo: side.cluster.url(), ...slave, ...files });
    const taken = await run(ini, "backup", "--json");
    const { set } = JSON.parse(taken.stdout) as { set: string };
    mkdirSync(file("slave"));
    writeFileSync(file("slave/postmaster.pid"), "");

    const planned = await run(ini, "restore", "--not-really");
    const none = await run(ini, "restore", "-n", "20010101-000000F");
    const backup = await run(ini, "backup", "-n");
    const expired = await run(ini, "expire", "-n");
    const old = await run(ini, "restore", "data.master");

    expect(planned.stdout).toMatch(`${set} would be restored to ${file("slave")}: WAL reaches 0/`);
    expect([planned, none, backup, expired, old].map(({ status }) => status)).toEqual([0, 1, 2, 0, 1]);
    expect(backup.stderr).toContain("backup cannot show what it would do: --not-really is refused");
    expect(old.stderr).toContain('"data.master" is neither a backup nor a time');
    expect(existsSync(file("stopped"))).toBe(false);
    expect([readdirSync(file("slave")), existsSync(file("slave.0"))]).toEqual([["postmaster.pid"], false]);
    expect(readdirSync(file("walshipping/backup"))).toEqual([set]);
  });

  test("a restore that cannot be done does not stop the standby's server, and one whose server keeps its output open ends", async () => {
    await using side = await startWalmgrSide({ major });
    const file = (name: string) => join(side.folder, name);
    const daemon = (then: string) => `sleep 3600 & echo $! >>${file("pids")}; ${then}`;
    const ini = (start: string) =>
      walmgrIni(side.folder, {
        primary_conninfo: side.cluster.url(),
        slave_data: file("slave"),
        slave_start_cmd: start,
        slave_stop_cmd: `touch ${file("stopped")}; rm ${file("slave/postmaster.pid")}`,
      });
    await run(ini("true"), "backup");
    mkdirSync(file("slave"));
    writeFileSync(file("slave/postmaster.pid"), "");
    try {
      const wrong = await run(ini("true"), "restore", "20010101-000000F");
      const isStopped = existsSync(file("stopped"));
      const started = await run(ini(daemon("true")), "restore", "--no-wait");
      const failed = await run(ini(daemon("echo no port >&2; exit 3")), "restore", "--no-wait");

      expect([wrong.status, isStopped]).toEqual([1, false]);
      expect([started.status, existsSync(file("stopped"))]).toEqual([0, true]);
      expect(failed).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("slave_start_cmd failed: no port") as unknown,
      });
    } finally {
      for (const pid of readFileSync(file("pids"), "utf8").trim().split("\n")) process.kill(Number(pid));
    }
  });

  test("a restore of a damaged backup says which one it is, and an earlier one leads to the same moment", async () => {
    await using side = await startWalmgrSide({ major });
    const file = (name: string) => join(side.folder, name);
    const ini = walmgrIni(side.folder, { primary_conninfo: side.cluster.url(), backup_compression: "none" });
    const backup = async (): Promise<string> =>
      (JSON.parse((await run(ini, "backup", "--json")).stdout) as { set: string }).set;
    const [earlier, damaged] = [await backup(), await backup()];
    const archive = file(`walshipping/backup/${damaged}/base.tar`);
    truncateSync(archive, Math.floor(statSync(archive).size / 2));

    const refused = await run(ini, "restore", "--dest", file("one"));
    const reached = await run(ini, "restore", earlier, "--dest", file("two"), "--json");

    expect(refused.status).toBeGreaterThan(0);
    expect(refused.stderr).toContain(`backup ${damaged} is damaged`);
    expect(refused.stderr).toContain("name an earlier one");
    expect(existsSync(file("one/global/pg_control"))).toBe(false);
    expect(reached.status).toBe(0);
  });

  test("an encrypted repository is read with plain tools alone, and its server recovers", async () => {
    await using side = await startWalmgrSide({ major });
    await using place = await restorePlace(major);
    const key = parseMainKey(KEY);
    const to = side.repository({ coding: { compression: "gzip", key }, keys: [key] });
    const keyFile = join(side.folder, "main.key");
    const script = join(side.folder, "walmgr-rescue.sh");
    writeFileSync(keyFile, `${KEY}\n`, { mode: 0o644 });
    copyFileSync(RESCUE, script);
    chmodSync(script, 0o755);
    await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 100000) id");
    const { backup } = await to.backup();
    await side.query("insert into t values (0, 'later')");
    await to.storeWal();

    const listed = execFileSync(script, ["list", to.path], { encoding: "utf8" });
    execFileSync(script, ["backup", to.path, backup.set, place.dataDirectory, keyFile], { stdio: "ignore" });
    const absent = spawnSync(script, ["wal", to.path, "0000000100000000000000FF", `${side.folder}/x`, keyFile]);
    const noRepository = spawnSync(script, ["wal", `${to.path}x`, "000000010000000000000002", `${side.folder}/x`]);
    const [segment] = readdirSync(join(to.path, "wal/00000001/0000000100000000")).map((name) => name.slice(0, 24));
    execFileSync(script, ["wal", to.path, segment!, `${side.folder}/segment`, keyFile]);
    const ours = await readAll(await to.repository.wal.getSegment(segment!));
    const sealed = join(side.folder, "sealed");
    const coding = { compression: "none", key } as const;
    const repository = openRepository({ store: new DirectoryStore(sealed), clock: systemClock, coding, keys: [key] });
    mkdirSync(sealed);
    copyFileSync(join(to.path, "repo.json"), join(sealed, "repo.json"));
    await repository.wal.putSegment(segment!, () => [ours]);
    const wrongKey = join(side.folder, "wrong.key");
    writeFileSync(wrongKey, KEY.replaceAll("0", "1"));
    const notOurs = spawnSync(script, ["wal", sealed, segment!, `${side.folder}/garbage`, wrongKey]);
    const opened = spawnSync(script, ["wal", sealed, segment!, `${side.folder}/opened`, keyFile]);
    const command = `${script} wal ${to.path} %f "%p" ${keyFile}`;
    appendFileSync(join(place.dataDirectory, "postgresql.auto.conf"), `restore_command = '${command}'\n`);
    if (process.getuid?.() === 0) execFileSync("chown", ["-R", "nobody", place.dataDirectory]);

    expect(listed).toBe(`${backup.set} done parent=null\n`);
    expect(readFileSync(`${side.folder}/segment`).equals(ours)).toBe(true);
    expect(absent.status).toBe(1);
    expect(noRepository.status).toBe(200);
    expect([opened.status, readFileSync(`${side.folder}/opened`).equals(ours)]).toEqual([0, true]);
    expect([notOurs.status, existsSync(`${side.folder}/garbage`)]).toEqual([200, false]);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select count(*)::int as n from t")).toEqual([{ n: 100_001 }]);
  });
});
