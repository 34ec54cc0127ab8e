// The program `walmgr`: all commands put together. `walmgr conf.ini COMMAND`.
import { walmgrExit } from "../../errors/index.ts";
import { type AnyCommand, commandProgram } from "../../programs/commands/index.ts";
import { packageVersion, runProgram } from "../../service/index.ts";
import { archiveCommands, verdict } from "./archive-commands.ts";
import { classicCommands } from "./classic-commands.ts";
import { initCommands } from "./init-commands.ts";
import { withoutOldSwitches } from "./old-switches.ts";
import { importCommands } from "./import-commands.ts";
import { momentCommands } from "./moment-commands.ts";
import { primaryCommands } from "./primary-commands.ts";
import { backupCommands } from "./backup-commands.ts";
import { combineCommand } from "./combine-command.ts";
import { restoreCommands } from "./restore-commands.ts";
import { receiveCommands } from "./receive-commands.ts";
import { standbyCommands } from "./standby-commands.ts";
import { walmgrKeys } from "./keys.ts";

const commands: readonly AnyCommand[] = [
  ...receiveCommands,
  ...archiveCommands,
  ...primaryCommands,
  ...standbyCommands,
  ...backupCommands,
  combineCommand,
  ...restoreCommands,
  ...momentCommands,
  ...importCommands,
  ...classicCommands,
  ...initCommands,
];

export const walmgr = commandProgram({
  name: "walmgr",
  version: packageVersion(),
  summary: "keep the WAL and backups of a PostgreSQL cluster, and restore any moment of it",
  sections: ["walmgr", "wal-master", "wal-slave"],
  unknownKeys: "warn",
  makesFolders: true, // as init writes them, in ~/log and ~/pid
  keys: walmgrKeys,
  commands,
});

const FETCHING = ["archive-get", "archive_get", "xrestore"];

/** The words after the program's name. Never throws. */
export async function runWalmgr(argv: readonly string[]): Promise<number> {
  verdict.isSurelyAbsent = false;
  const status = await runProgram(walmgr, withoutOldSwitches(argv));
  // A recovering server takes every status from 1 to 125 for the end of the WAL, also that of a typing mistake.
  const isUnsure = status !== 0 && FETCHING.some((word) => argv.includes(word)) && !verdict.isSurelyAbsent;
  return isUnsure ? walmgrExit.cannotTell : status;
}
