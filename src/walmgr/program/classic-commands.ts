// xlock, xrelease, xrotate, xpurgewals, xpartialsync: what a walmgr3 on the primary runs here by ssh, on its own directories,
// until that side is replaced too.
import { stdin } from "node:process";
import { SkytoolsError } from "../../errors/index.ts";
import { expandHome } from "../../service/index.ts";
import {
  type ClassicFolders,
  classicFolders,
  purgeWal,
  releaseBackupLock,
  rotateSets,
  takeBackupLock,
  writePartial,
} from "../classic/index.ts";
import { readAll } from "../codec/index.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { runShellCommand } from "./shell.ts";

const internal = { isInternal: true } as const;

export const classicCommands = [
  walmgrCommand({
    ...internal,
    name: "xlock",
    summary: "take the lock of backups for a process of the primary",
    args: [{ name: "pid", doc: "of that process" }],
    async run(context) {
      const [pid = ""] = context.args;
      const holder = await takeBackupLock(foldersOf(context).complete, pid);
      context.out.result({ holder }, holder ?? "");
      return holder === null ? 0 : 1;
    },
  }),
  walmgrCommand({
    ...internal,
    name: "xrelease",
    summary: "release the lock of backups",
    async run(context) {
      await releaseBackupLock(foldersOf(context).complete);
      return undefined;
    },
  }),
  walmgrCommand({
    ...internal,
    name: "xrotate",
    summary: "make room for a new data.master",
    async run(context) {
      const { options, service, out } = context;
      const { archiveCommand: command } = options;
      const rotated = await rotateSets({
        fullBackup: foldersOf(context).fullBackup,
        keepBackups: options.keepBackups,
        beforeRemoval: async (directory) => {
          if (command === null) return;
          await runShellCommand(command.replaceAll("$BACKUPDIR", directory), "archive_command");
        },
      });
      if (rotated.removed.length > 0) service.log.info({ sets: rotated.removed }, "old backups are removed");
      out.result(rotated, "");
      return undefined;
    },
  }),
  walmgrCommand({
    ...internal,
    name: "xpurgewals",
    summary: "remove WAL that no data.master needs",
    async run(context) {
      const removed = await purgeWal(foldersOf(context));
      context.out.result({ removed }, `${removed.length} files removed`);
      return undefined;
    },
  }),
  walmgrCommand({
    ...internal,
    name: "xpartialsync",
    summary: "write bytes of standard input into a begun segment",
    args: [
      { name: "name", doc: "of the segment" },
      { name: "offset", doc: "where they belong" },
      { name: "bytes", doc: "how many they are" },
    ],
    async run(context) {
      const [name = "", offset = "", count = ""] = context.args;
      const bytes = await readAll(stdin as AsyncIterable<Uint8Array>);
      if (bytes.length !== Number(count)) {
        throw new SkytoolsError("WRONG_USE", `${bytes.length} bytes came, ${count} were announced`);
      }
      await writePartial({ folder: foldersOf(context).partial, name, offset: Number(offset), bytes });
      return undefined;
    },
  }),
];

function foldersOf({ options }: PlainContext): ClassicFolders {
  return classicFolders(expandHome(options.walmgrData), options);
}
