// The command lines by which PostgreSQL calls walmgr back, for archive_command and restore_command.
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { WalmgrService } from "./environment.ts";

/** The built command beside this file. */
const BIN = fileURLToPath(new URL("../../cli/walmgr.js", import.meta.url));

type WithConfig = Pick<WalmgrService, "config">;

/** `walmgr conf.ini`, for a shell; the configuration's path is absolute. */
export function ownCommandLine({ config }: WithConfig): string {
  return [execPath, BIN, config.get("config_file")].map(quoteShell).join(" ");
}

export function archiveCommand(service: WithConfig): string {
  return `${forSetting(ownCommandLine(service))} archive-push "%p" %f`;
}

/** `partial`: the begun segment at the end of the WAL counts too, when the server asks for it. */
export function restoreCommand(service: WithConfig, { partial }: { readonly partial: boolean }): string {
  return `${forSetting(ownCommandLine(service))} archive-get${partial ? " --partial" : ""} %f "%p"`;
}

/** The server replaces %p and its like. */
function forSetting(command: string): string {
  return command.replaceAll("%", "%%");
}

export function quoteShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
