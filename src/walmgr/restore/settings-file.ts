// The settings that make a server recover from a repository: a file of our own, included from postgresql.auto.conf, so that
// no file of the user is edited.
import { appendFile, chmod, lstat, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileOwner } from "./owner.ts";

export const SETTINGS_FILE = "walmgr.recovery.conf";
const AUTO_CONF = "postgresql.auto.conf";
const INCLUDE = `include_if_exists '${SETTINGS_FILE}'`;
const LEFT_OVER = ["recovery.signal", "standby.signal", "recovery.conf", "postmaster.pid", "postmaster.opts"];

/** Writes settings and signal file; removes the signal files that came with the backup. */
export async function writeRecoverySettings(
  dataDirectory: string,
  settings: Readonly<Record<string, string>>,
  signal: "recovery" | "standby" | null,
  owner: FileOwner,
): Promise<void> {
  for (const name of LEFT_OVER) await rm(join(dataDirectory, name), { force: true });
  const text = Object.entries(settings)
    .map(([name, value]) => `${name} = '${quoteSetting(value)}'\n`)
    .join("");
  const file = join(dataDirectory, SETTINGS_FILE);
  await writeFile(file, `# Written by walmgr at a restore. It may be removed when the server is in use.\n${text}`, {
    mode: 0o600,
  });
  await owner.take(file);
  await includeFrom(join(dataDirectory, AUTO_CONF), owner);
  if (signal === null) return;
  const signalFile = join(dataDirectory, `${signal}.signal`);
  await writeFile(signalFile, "", { mode: 0o600 });
  await owner.take(signalFile);
}

async function includeFrom(autoConf: string, owner: FileOwner): Promise<void> {
  const isThere = (await lstat(autoConf).catch(() => null)) !== null;
  const text = isThere ? await readFile(autoConf, "utf8") : "";
  if (text.includes(INCLUDE)) return;
  await appendFile(autoConf, `${text === "" || text.endsWith("\n") ? "" : "\n"}${INCLUDE}\n`);
  if (isThere) return;
  await chmod(autoConf, 0o600);
  await owner.take(autoConf);
}

/** Inside of single quotes, in a configuration file. */
function quoteSetting(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("'", "''");
}
