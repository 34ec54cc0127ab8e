// The program `walmgr`: all commands put together. `walmgr conf.ini COMMAND`.
import { packageVersion } from "../../pgq/index.ts";
import { type AnyCommand, commandProgram } from "../../programs/index.ts";
import { runProgram } from "../../service/index.ts";
import { receiveCommands } from "./receive-commands.ts";
import { walmgrKeys } from "./keys.ts";

const commands: readonly AnyCommand[] = [...receiveCommands];

export const walmgr = commandProgram({
  name: "walmgr",
  version: packageVersion(),
  summary: "keep the WAL and backups of a PostgreSQL cluster, and restore any moment of it",
  sections: ["walmgr", "wal-master", "wal-slave"],
  unknownKeys: "warn",
  keys: walmgrKeys,
  commands,
});

export function runWalmgr(argv: readonly string[]): Promise<number> {
  return runProgram(walmgr, argv);
}
