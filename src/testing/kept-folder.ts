// The folder of a development server: whether it may be used, who owns it, and what is remembered in it.
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { reasonOf, SkytoolsError } from "../errors/index.ts";
import { isOpenToAll, readIfThere, type ServerOwner, serverOwner } from "./server-process.ts";

const MARKER = "skytools-dev.json";

/** Whether there are data that would be lost. */
export function hasKeptData(folder: string): boolean {
  return existsSync(join(resolve(folder), "data"));
}

/** Makes it when it is not there. @returns its real path @throws WRONG_USE, SERVER_START */
export function prepareFolder(folder: string): string {
  const directory = resolve(folder);
  if (existsSync(directory)) refuseForeignFolder(directory);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    const marker = join(directory, MARKER);
    if (!existsSync(marker)) writeFileSync(marker, "{}\n");
    writeFileSync(join(directory, ".gitignore"), "*\n");
  } catch (error) {
    const reason = reasonOf(error);
    throw new SkytoolsError("SERVER_START", `the folder ${directory} cannot be written: ${reason}`, {
      hint: "give another folder with --data, or work as the user that owns it",
      cause: error,
    });
  }
  return realpathSync(directory);
}

/** @throws WRONG_USE for a folder with something else in it */
export function refuseForeignFolder(directory: string): void {
  // One look: a second process may be making the folder.
  const names = statSync(directory).isDirectory() ? readdirSync(directory) : ["(a file)"];
  if (names.length === 0 || names.includes(MARKER)) return;
  throw new SkytoolsError("WRONG_USE", `${directory} holds something else`, {
    hint: "give a new or empty folder with --data",
  });
}

/** Data that another user has made are served as that user, where this one may. */
export function ownerOfData(data: string): ServerOwner {
  const owner = serverOwner();
  if (owner.uid === undefined || !existsSync(data)) return owner;
  const { uid, gid } = statSync(data);
  return uid === 0 ? owner : { uid, gid };
}

/** @throws SERVER_START where the server, as another user, could not get at its data */
export function refuseClosedParents(directory: string, isOtherUser: boolean): void {
  if (!isOtherUser || isOpenToAll(dirname(directory))) return;
  throw new SkytoolsError("SERVER_START", `${directory} lies in a folder that only root can enter`, {
    hint: "PostgreSQL does not run as root: give another folder with --data, or work as another user",
  });
}

interface Marker {
  readonly port?: number;
  readonly major?: number;
}

function readMarker(directory: string): Marker {
  try {
    return JSON.parse(readIfThere(join(directory, MARKER))) as Marker;
  } catch {
    return {};
  }
}

export function writeMarker(directory: string, port: number, major: number): void {
  const path = join(directory, MARKER);
  writeFileSync(`${path}.new`, `${JSON.stringify({ port, major })}\n`);
  renameSync(`${path}.new`, path);
}

export function rememberedPort(directory: string): number | null {
  return readMarker(directory).port ?? null;
}
