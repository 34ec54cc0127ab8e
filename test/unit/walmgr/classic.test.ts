// What an old walmgr on the primary calls here by ssh, and the files that init writes.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  purgeWal,
  releaseBackupLock,
  rotateSets,
  takeBackupLock,
  writePartial,
} from "../../../src/walmgr/classic/index.ts";
import { withoutOldSwitches } from "../../../src/walmgr/program/old-switches.ts";
import { runWalmgrCommand, walmgrIni } from "../../harness/run-walmgr.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const label = (segment: string): string =>
  `START WAL LOCATION: 0/3000028 (file ${segment})\nCHECKPOINT LOCATION: 0/3000060\nSTART TIMELINE: 1\nLABEL: FullBackup\n`;

function setIn(folder: string, name: string, segment: string): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "backup_label"), label(segment));
}

describe("old directories", () => {
  test("the lock of backups has one holder, whose process is told to others", async () => {
    using folder = temporaryFolder();
    const takers = await Promise.all([takeBackupLock(folder.path, "1"), takeBackupLock(folder.path, "2")]);
    const later = await takeBackupLock(folder.path, "3");
    await releaseBackupLock(folder.path);

    expect(takers.filter((holder) => holder === null)).toHaveLength(1);
    expect(["1", "2"]).toContain(later);
    expect(await takeBackupLock(folder.path, "4")).toBeNull();
  });

  test("sets move up, the oldest goes after archive_command, and the newest never goes", async () => {
    using folder = temporaryFolder();
    for (const name of ["data.master", "data.master.0", "data.master.1"]) setIn(folder.path, name, name);
    const asked: string[] = [];
    const rotate = (keepBackups: number) =>
      rotateSets({
        fullBackup: folder.file("data.master"),
        keepBackups,
        beforeRemoval: async (directory) => void asked.push(await Promise.resolve(directory)),
      });

    const three = await rotate(3);
    const one = await rotate(1);

    expect(asked).toEqual([folder.file("data.master.1"), folder.file("data.master.1")]);
    expect(three.sets).toEqual([folder.file("data.master.0"), folder.file("data.master.1")]);
    expect(one.sets).toEqual([folder.file("data.master.0")]);
    expect(readFileSync(folder.file("data.master.0/backup_label"), "utf8")).toContain("(file data.master)");
  });

  test("WAL in front of the oldest set goes; none goes when a set cannot be read", async () => {
    using folder = temporaryFolder();
    const [complete, partial] = [folder.file("logs.complete"), folder.file("logs.partial")];
    mkdirSync(complete);
    const names = [
      "000000010000000000000002",
      "000000010000000000000003",
      "000000020000000000000003",
      "00000002.history",
    ];
    for (const name of [...names, "PAUSE"]) writeFileSync(join(complete, name), "");
    const folders = { complete, partial, fullBackup: folder.file("data.master") };

    const noSet = await purgeWal(folders);
    setIn(folder.path, "data.master", "000000010000000000000003");
    const removed = await purgeWal(folders);
    mkdirSync(folder.file("data.master.0"));

    expect(noSet).toEqual([]);
    expect(removed).toEqual(["000000010000000000000002"]);
    expect(readdirSync(complete).sort()).toEqual([...names.slice(1), "PAUSE"].sort());
    expect(await purgeWal(folders)).toEqual([]);
  });

  test("bytes of a begun segment are put to their place in a file of full size", async () => {
    using folder = temporaryFolder();
    const name = "000000010000000000000007";
    await writePartial({ folder: folder.path, name, offset: 0, bytes: Buffer.from("abc") });
    await writePartial({ folder: folder.path, name, offset: 3, bytes: Buffer.from("def") });
    const file = readFileSync(folder.file(name));

    expect([file.length, file.toString("latin1", 0, 7)]).toEqual([16 * 1024 * 1024, "abcdef\0"]);
    await expect(
      writePartial({ folder: folder.path, name: "../x", offset: 0, bytes: Buffer.alloc(1) }),
    ).rejects.toMatchObject({ code: "WRONG_USE" });
  });
});

describe("old command lines", () => {
  test.each([
    [
      ["--init-master", "--slave", "b"],
      ["init-master", "--slave", "b"],
    ],
    [
      ["-n", "--init-slave"],
      ["init-slave", "-n"],
    ],
    [["--synch-standby=a, b"], ["synch-standby", "a, b", "--master-db=dbname=template1"]],
    [
      ["--synch-standby", "*", "--master-db=x"],
      ["synch-standby", "*", "--master-db=x"],
    ],
    [
      ["conf.ini", "backup"],
      ["conf.ini", "backup"],
    ],
  ])("%j is %j", (given, expected) => {
    expect(withoutOldSwitches(given)).toEqual(expected);
  });

  test("init writes files that load, refuses to replace them, and cleanup removes what is here", async () => {
    using folder = temporaryFolder();
    const at = ["--config-dir", folder.file("conf"), "--pgdata", folder.file("data")];

    const dry = await runWalmgrCommand(["init-master", "-n", "--slave=backup1", ...at]);
    const made = await runWalmgrCommand(["init-master", "--slave=backup1", ...at]);
    const twice = await runWalmgrCommand(["init-master", "--slave=backup1", ...at]);
    const slave = await runWalmgrCommand(["init-slave", "--primary-conninfo=host=db1 user=u", ...at]);
    const text = readFileSync(folder.file("conf/wal-slave.ini"), "utf8");
    const ini = walmgrIni(folder.path, { slave_data: folder.file("data") });
    mkdirSync(folder.file("walshipping"), { recursive: true });
    writeFileSync(folder.file("walshipping/precious"), "");
    const refused = await runWalmgrCommand([ini, "cleanup"]);
    mkdirSync(folder.file("walshipping/logs.complete"));
    mkdirSync(folder.file("data.0"));
    const shown = await runWalmgrCommand([ini, "cleanup", "--not-really"]);
    const cleaned = await runWalmgrCommand([ini, "cleanup"]);

    expect([dry, made, twice, slave, refused, shown, cleaned].map(({ status }) => status)).toEqual([
      0, 0, 2, 0, 2, 0, 0,
    ]);
    expect(dry.stdout).toContain("slave       = backup1");
    expect(text).toContain(`slave_data       = ${folder.file("data")}`);
    expect(shown.stdout).toContain(`would remove ${folder.file("data.0")}`);
    expect([folder.file("walshipping"), folder.file("data.0"), ini].map((path) => existsSync(path))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
