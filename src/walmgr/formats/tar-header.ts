// The 512-byte headers of tar archives (ustar, with the base-256 numbers for what octal cannot hold).
import { SkytoolsError } from "../../errors/index.ts";

export const TAR_BLOCK = 512;

export type TarKind = "file" | "directory" | "symlink";

export interface TarMember {
  /** Relative, without `./` in front and `/` at the end; checked by `checkMemberName`. */
  readonly name: string;
  readonly kind: TarKind;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedSeconds: number;
  /** Of a symlink. */
  readonly target: string;
}

const KINDS: Readonly<Record<string, TarKind>> = { "0": "file", "\0": "file", "5": "directory", "2": "symlink" };
const KIND_LETTERS = { file: "0", directory: "5", symlink: "2" } as const;

/** Null: a block of zeros, which ends an archive. @throws ARCHIVE_INVALID */
export function parseTarHeader(block: Buffer): TarMember | null {
  if (isZero(block)) return null;
  if (checksumOf(block) !== readNumber(block, 148, 8)) throw badArchive("a header has a wrong checksum");
  const kind = KINDS[block.toString("latin1", 156, 157)];
  if (kind === undefined) throw badArchive(`a member is of kind ${block.toString("latin1", 156, 157)}`);
  const prefix = block.toString("latin1", 257, 262) === "ustar" ? readText(block, 345, 155) : "";
  const name = readText(block, 0, 100);
  return {
    name: checkMemberName(prefix === "" ? name : `${prefix}/${name}`),
    kind,
    sizeBytes: kind === "file" ? readNumber(block, 124, 12) : 0,
    mode: readNumber(block, 100, 8) & 0o7777,
    modifiedSeconds: readNumber(block, 136, 12),
    target: kind === "symlink" ? readText(block, 157, 100) : "",
  };
}

/** @throws ARCHIVE_INVALID when the name is too long for the format */
export function makeTarHeader(member: TarMember): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  const name = Buffer.from(member.kind === "directory" ? `${member.name}/` : member.name);
  if (name.length > 100 || Buffer.byteLength(member.target) > 100)
    throw badArchive(`${member.name} is too long a name`);
  name.copy(block, 0);
  writeNumber(block, 100, 8, member.mode);
  writeNumber(block, 108, 8, 0);
  writeNumber(block, 116, 8, 0);
  writeNumber(block, 124, 12, member.kind === "file" ? member.sizeBytes : 0);
  writeNumber(block, 136, 12, member.modifiedSeconds);
  block.write(KIND_LETTERS[member.kind], 156, "latin1");
  block.write(member.target, 157);
  block.write("ustar\x0000", 257, "latin1");
  block.write("postgres", 265, "latin1");
  block.write("postgres", 297, "latin1");
  block.write(`${checksumOf(block).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Bytes of zeros after a member of that size. */
export function tarPadding(sizeBytes: number): number {
  return (TAR_BLOCK - (sizeBytes % TAR_BLOCK)) % TAR_BLOCK;
}

/**
 * The name as it may be used below a directory. @throws ARCHIVE_INVALID for absolute names and those that lead out
 */
export function checkMemberName(name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (name.startsWith("/") || parts.includes("..") || name.includes("\0")) {
    throw badArchive(`the name ${JSON.stringify(name)} leads out of the directory`);
  }
  return parts.join("/");
}

export function badArchive(what: string): SkytoolsError {
  return new SkytoolsError("ARCHIVE_INVALID", `tar archive: ${what}`);
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** Sum of all bytes, the field of the checksum itself taken as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < TAR_BLOCK; at += 1) if (at < 148 || at >= 156) sum += block[at] as number;
  return sum;
}

function readText(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString("utf8", at, end === -1 || end > at + length ? at + length : end);
}

function readNumber(block: Buffer, at: number, length: number): number {
  const first = block[at] as number;
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f;
    for (let i = 1; i < length; i += 1) value = value * 256 + (block[at + i] as number);
    if (!Number.isSafeInteger(value)) throw badArchive("a number is too large");
    return value;
  }
  const text = readText(block, at, length).trim();
  if (!/^[0-7]*$/.test(text)) throw badArchive("a number is not octal");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function writeNumber(block: Buffer, at: number, length: number, value: number): void {
  const octal = value.toString(8);
  if (octal.length < length) {
    block.write(`${octal.padStart(length - 1, "0")}\0`, at, "latin1");
    return;
  }
  let rest = value;
  for (let i = length - 1; i > 0; i -= 1) {
    block[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  block[at] = 0x80;
}
