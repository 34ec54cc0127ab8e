// Lines that walmgr puts into files of the user's home, and takes out again: ~/.pgpass and ~/.ssh/authorized_keys.
import { chown, readFile, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { getuid } from "node:process";
import { isAbsent, reasonOf, SkytoolsError } from "../../errors/index.ts";
import { type Conninfo, parseConninfo } from "../../postgres/index.ts";
import { DirectoryStore, writeText } from "../store/index.ts";

/** Adds the public key in `keyFile` unless that line is there. False: it was. */
export async function addAuthorizedKey(authorizedKeys: string, keyFile: string): Promise<boolean> {
  const key = (await readOrThrow(keyFile)).trim();
  const lines = await linesOf(authorizedKeys);
  if (lines.includes(key)) return false;
  await writeLines(authorizedKeys, [...lines, key]);
  return true;
}

/** Takes out the lines that contain the text. Gives how many. */
export async function removeAuthorizedKeys(authorizedKeys: string, text: string): Promise<number> {
  const lines = await linesOf(authorizedKeys);
  const left = lines.filter((line) => !line.includes(text));
  if (left.length < lines.length) await writeLines(authorizedKeys, left);
  return lines.length - left.length;
}

/** The first line of `passwordFile` is the password for streaming from there. */
export async function addPassword(pgpass: string, conninfo: string, passwordFile: string): Promise<void> {
  const [password = ""] = (await readOrThrow(passwordFile)).split("\n");
  const begin = passwordLine(conninfo);
  const others = (await linesOf(pgpass)).filter((line) => !line.startsWith(begin));
  await writeLines(pgpass, [begin + escaped(password.trimEnd()), ...others]);
}

/** False: there was none. */
export async function removePassword(pgpass: string, conninfo: string): Promise<boolean> {
  const begin = passwordLine(conninfo);
  const lines = await linesOf(pgpass);
  const left = lines.filter((line) => !line.startsWith(begin));
  if (left.length < lines.length) await writeLines(pgpass, left);
  return left.length < lines.length;
}

/** `host:port:replication:user:` */
function passwordLine(text: string): string {
  const { host = "localhost", port = "5432", user }: Conninfo = parseConninfo(text);
  if (user === undefined) throw new SkytoolsError("WRONG_USE", "primary_conninfo names no user");
  return `${[host, port, "replication", user].map(escaped).join(":")}:`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll(":", "\\:");
}

async function readOrThrow(path: string, { isNeeded = true } = {}): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (!isNeeded && isAbsent(cause)) return "";
    throw new SkytoolsError("WRONG_USE", `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** None when there is no such file; what cannot be read is not written anew. */
async function linesOf(path: string): Promise<readonly string[]> {
  const text = await readOrThrow(path, { isNeeded: false });
  return text.split("\n").filter((line) => line !== "");
}

async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  const target = await targetOf(path);
  const before = await stat(target).catch(() => null);
  await writeText(new DirectoryStore(dirname(target)), basename(target), lines.map((line) => `${line}\n`).join(""));
  // For root in another user's home: that user has to read it.
  if (before !== null && before.uid !== getuid?.()) await chown(target, before.uid, before.gid);
}

/** A link stays a link, also one to a file that is not there yet. */
async function targetOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => null);
  return (
    real ??
    (await readlink(path)
      .then((link) => resolve(dirname(path), link))
      .catch(() => path))
  );
}
