// The command lines by which PostgreSQL calls walmgr back, for archive_command and restore_command.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { fetchScript } from "../archive/index.ts";
import type { WalmgrService } from "./environment.ts";

/** The built command beside this file. */
const BIN = fileURLToPath(new URL("../../cli/walmgr.js", import.meta.url));

type WithConfig = Pick<WalmgrService, "config">;

/** `walmgr conf.ini`, for a shell; the configuration's path is absolute. */
export function ownCommandLine({ config }: WithConfig): string {
  return [execPath, BIN, config.get("config_file")].map(quoteShell).join(" ");
}

export function archiveCommand(service: WithConfig, local: WithPath): string {
  const client = clientOf(local);
  return `${forSetting(client === null ? `${ownCommandLine(service)} archive-push` : `${client} push`)} "%p" %f`;
}

/** Whether archive_command calls walmgr with this configuration, the old walmgr's way too. */
export function isOwnArchiveCommand({ config }: WithConfig, { path }: WithPath, command: string): boolean {
  const plain = command.replaceAll("%%", "%");
  const isCall = plain.includes(config.get("config_file")) && /\s(?:archive-push|xarchive)\s/.test(plain);
  return isCall || plain.startsWith(`${quoteShell(join(path, CLIENT))} push `);
}

interface WithPath {
  readonly path: string;
}

/** What `serve` left for the server: it asks the daemon, and takes the slow way without one. Null: it never ran here. */
function clientOf({ path }: WithPath): string | null {
  const client = join(path, CLIENT);
  return existsSync(client) ? quoteShell(client) : null;
}

export const CLIENT = "client.sh";

/** `partial`: the begun segment at the end of the WAL counts too, when the server asks for it. */
export function restoreCommand(
  service: WithConfig,
  local: WithPath,
  { partial }: { readonly partial: boolean },
): string {
  const client = clientOf(local);
  if (client !== null) return `${forSetting(client)} get %f "%p"${partial ? " partial" : ""}`;
  return fetchScript(`${forSetting(ownCommandLine(service))} archive-get${partial ? " --partial" : ""} %f "%p"`);
}

/** The server replaces %p and its like. */
function forSetting(command: string): string {
  return command.replaceAll("%", "%%");
}

export function quoteShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
