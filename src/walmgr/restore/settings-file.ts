// The settings that make a server recover from a repository: a file of our own, included from postgresql.auto.conf, so that
// no file of the user is edited.
//
// ALTER SYSTEM copies what is included into postgresql.auto.conf and drops the include; a backup of that server has our
// settings there. A setting that no server knows goes along, so that the next restore knows them as ours.
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../errors/index.ts";
import type { FileOwner } from "./owner.ts";

export const SETTINGS_FILE = "walmgr.recovery.conf";
const AUTO_CONF = "postgresql.auto.conf";
const INCLUDE = `include_if_exists '${SETTINGS_FILE}'`;
const MARK = "walmgr.restored";
const LEFT_OVER = ["recovery.signal", "standby.signal", "recovery.conf", "postmaster.pid", "postmaster.opts"];

/** Writes settings and signal file; removes the signal files that came with the backup. */
export async function writeRecoverySettings(
  dataDirectory: string,
  settings: Readonly<Record<string, string>>,
  signal: "recovery" | "standby" | null,
  owner: FileOwner,
): Promise<void> {
  for (const name of LEFT_OVER) await rm(join(dataDirectory, name), { force: true });
  await put(join(dataDirectory, SETTINGS_FILE), formatSettings({ ...settings, [MARK]: "on" }), owner);
  const autoConf = join(dataDirectory, AUTO_CONF);
  await put(autoConf, `${withoutRestore(await textOf(autoConf))}${INCLUDE}\n`, owner);
  if (signal === null) return;
  const signalFile = join(dataDirectory, `${signal}.signal`);
  await writeFile(signalFile, "", { mode: 0o600 });
  await owner.take(signalFile);
}

/** When recovery is over: the settings that were for it alone go, so that they come into no later backup. */
export async function forgetRecovery(dataDirectory: string, owner: FileOwner): Promise<void> {
  const file = join(dataDirectory, SETTINGS_FILE);
  await put(
    file,
    keepLines(await textOf(file), (name) => !isForRecovery(name) && name !== "hot_standby"),
    owner,
  );
}

/** The text of postgresql.auto.conf without what is for a recovery, and without what an earlier restore has put there. */
export function withoutRestore(text: string): string {
  const names = new Set(text.split("\n").map((line) => settingOf(line).name));
  // Older releases put no mark.
  const isRestored = names.has(MARK) || (names.has("recovery_target_action") && names.has("restore_command"));
  return keepLines(text, (name, value) => !isForRecovery(name) && !(isRestored && OURS[name] === value));
}

/** What every restore writes, as ALTER SYSTEM writes it. The user's own values of the same names are others. */
const OURS: Readonly<Record<string, string>> = {
  archive_mode: "'off'",
  hot_standby: "'on'",
  primary_conninfo: "''",
  primary_slot_name: "''",
  synchronous_standby_names: "''",
  [MARK]: "'on'",
};

function isForRecovery(name: string): boolean {
  const names = ["restore_command", "recovery_end_command", "archive_cleanup_command", "recovery_target"];
  return names.includes(name) || name.startsWith("recovery_target_");
}

function keepLines(text: string, isKept: (name: string, value: string) => boolean): string {
  const lines = text.split("\n").filter((line, i, all) => i < all.length - 1 || line !== "");
  const kept = lines.filter((line) => {
    const { name, value } = settingOf(line);
    return line.trim() !== INCLUDE && isKept(name, value);
  });
  return kept.map((line) => `${line}\n`).join("");
}

/** Of a line `name = value`; the name is empty for others. */
function settingOf(line: string): { readonly name: string; readonly value: string } {
  const [, name = "", value = ""] = /^\s*([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  return { name: name.toLowerCase(), value };
}

function formatSettings(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${quoteSetting(value)}'\n`);
  return ["# Written by walmgr at a restore. It may be removed when the server is in use.\n", ...lines].join("");
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return "";
    throw error;
  });
}

/** Never half: a server may read it. */
async function put(file: string, text: string, owner: FileOwner): Promise<void> {
  const temporary = `${file}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await owner.take(temporary);
  await rename(temporary, file);
}

/** Inside of single quotes, in a configuration file. */
function quoteSetting(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("'", "''");
}
