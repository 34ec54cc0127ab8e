// What an object may be called. Names come from us, but also from the command line and from archive_command.
import { SkytoolsError } from "../../errors/index.ts";

/** Objects being written, in a directory; never listed. */
export const TEMPORARY_SUFFIX = ".tmp";

const PART = /^[A-Za-z0-9_.@=+,:-]+$/;

/** @throws WRONG_USE unless each part is of letters, digits and `_.@=+,:-`, and none is `.` or `..` */
export function checkName(name: string): string {
  if (!isName(name)) throw new SkytoolsError("WRONG_USE", `an object cannot be called ${JSON.stringify(name)}`);
  return name;
}

/** Whether an object can be called so. */
export function isName(name: string): boolean {
  const isGood = name.split("/").every((part) => PART.test(part) && part !== "." && part !== "..");
  return isGood && !name.endsWith(TEMPORARY_SUFFIX);
}

/** The folder that a listing has to look at for a prefix, "" for the top. */
export function folderOfPrefix(prefix: string): string {
  return prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")));
}

/** Order of object stores: by bytes, as if the whole name were one text. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
