// The list of what is in an archive whose files are stored as files of their own: a line of JSON for each member, in their order.
import { SkytoolsError } from "../../errors/index.ts";
import { checkMemberName, type TarKind, type TarMember } from "../formats/index.ts";
import { isName } from "../store/index.ts";

export interface StoredMember extends TarMember {
  /** Of a file: where its bytes are, in the folder of the backup. */
  readonly object: string | null;
  /** Of these: `xxh64:` and 16 hexadecimal digits. */
  readonly checksum: string | null;
}

/** The files lie as they do in a data directory, and as the manifest calls them. */
export const FILES_FOLDER = "data";
/** Files with names that a store does not take; the list says which. */
export const OTHERS_FOLDER = "other";

/** `oid` null: the data directory. `number` is another one for each member of an archive. */
export function objectOfMember(oid: string | null, { name }: TarMember, number: number): string {
  const usual = usualObject(oid, name);
  return isName(usual) ? usual : `${OTHERS_FOLDER}/${oid ?? "base"}-${number}`;
}

function usualObject(oid: string | null, name: string): string {
  return `${FILES_FOLDER}/${oid === null ? "" : `pg_tblspc/${oid}/`}${name}`;
}

/** What stands in a line, in this order; sizes and times are of files. */
interface Line {
  readonly kind: TarKind;
  readonly name: string;
  /** Octal. */
  readonly mode: string;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly target?: string;
  readonly size?: number;
  readonly checksum?: string;
  /** Only where it is not the usual place. */
  readonly object?: string;
}

export function formatMember(oid: string | null, member: StoredMember): string {
  const { kind, name, mode, modifiedSeconds, target, sizeBytes, checksum, object } = member;
  const line: Line = {
    ...{ kind, name, mode: mode.toString(8), modified: modifiedSeconds },
    ...(kind === "symlink" ? { target } : {}),
    ...(checksum === null ? {} : { size: sizeBytes, checksum }),
    ...(object === null || object === usualObject(oid, name) ? {} : { object }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** One by one: there may be very many. @throws REPOSITORY_DAMAGED, naming the list */
export function* parseMembers(bytes: Buffer, oid: string | null, listName: string): Generator<StoredMember> {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf("\n", at);
    if (end === -1) throw damaged(listName, "its last line is cut off");
    yield parseLine(bytes.toString("utf8", at, end), oid, listName);
    at = end + 1;
  }
}

function parseLine(text: string, oid: string | null, listName: string): StoredMember {
  try {
    const line = JSON.parse(text) as Line;
    const { kind, mode, modified, target = "", size = 0, checksum = null } = line;
    const name = checkMemberName(line.name);
    const object = kind === "file" ? (line.object ?? usualObject(oid, name)) : null;
    const isGood =
      ["file", "directory", "symlink"].includes(kind) &&
      /^[0-7]{1,4}$/.test(mode) &&
      [modified, size].every((number) => Number.isSafeInteger(number) && number >= 0) &&
      (object === null || (isName(object) && typeof checksum === "string"));
    if (!isGood) throw new Error(`it says ${text.slice(0, 200)}`);
    const member = { name, kind, sizeBytes: size, mode: Number.parseInt(mode, 8), modifiedSeconds: modified, target };
    return { ...member, object, checksum };
  } catch (error) {
    throw damaged(listName, error instanceof Error ? error.message : "", error);
  }
}

function damaged(listName: string, why: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("REPOSITORY_DAMAGED", `the list ${listName} of files cannot be read: ${why}`, { cause });
}
