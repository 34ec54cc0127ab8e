// Texts of configuration files to values, by the rules of the old getters. Source: spec of the framework, chapter 3.3.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";

const TRUE = new Set(["1", "yes", "true", "on", "t", "y"]);
const FALSE = new Set(["0", "no", "false", "off", "f", "n"]);

/** @throws WRONG_USE */
export function parseBool(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw wrongValue(text, "yes or no");
}

/** Python's way to write whole numbers: `1_000` yes, `1e3` no. @throws WRONG_USE */
export function parseInteger(text: string): number {
  const digits = /^[+-]?\d+(?:_\d+)*$/.test(text.trim()) ? Number(text.trim().replaceAll("_", "")) : NaN;
  if (Number.isSafeInteger(digits)) return digits;
  throw wrongValue(text, "a whole number");
}

/** `1.5`, `1e3`, `.5`. @throws WRONG_USE */
export function parseNumber(text: string): number {
  const number = readNumber(text);
  if (number !== null) return number;
  throw wrongValue(text, "a number");
}

/** As parseNumber, null instead of an error. */
export function readNumber(text: string): number | null {
  const plain = text.trim();
  const isNumber = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i.test(plain);
  return isNumber ? Number(plain.replaceAll("_", "")) : null;
}

/** Split at commas and trimmed. Empty items stay, an empty text is an empty list. */
export function parseList(text: string): readonly string[] {
  return text.trim() === "" ? [] : text.split(",").map((item) => item.trim());
}

/** `k:v, k2` is k → v and k2 → k2. Only the first colon splits. */
export function parseDict(text: string): ReadonlyMap<string, string> {
  const items = parseList(text).filter((item) => item !== "");
  return new Map(items.map(keyAndValue));
}

function keyAndValue(item: string): readonly [string, string] {
  const colon = item.indexOf(":");
  return colon < 0 ? [item, item] : [item.slice(0, colon).trim(), item.slice(colon + 1).trim()];
}

const SIZE_LETTERS = "bkmgtpe";

/** `1`, `2 B`, `3K`, `4 MB`, `5g`: powers of 1024, whole numbers. @throws WRONG_USE */
export function parseBytes(text: string): number {
  const matched = /^\s*(\d+)\s*([bkmgtpe]?)b?\s*$/i.exec(text);
  if (matched === null) throw wrongValue(text, "a size like 512, 64kB or 10MB");
  return Number(matched[1]) * 1024 ** Math.max(0, SIZE_LETTERS.indexOf((matched[2] ?? "").toLowerCase()));
}

/** Expands `~` and `~user` at the start. Empty text and `-` stay. */
export function expandHome(path: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  const matched = /^~([^/]*)(?:\/(.*))?$/s.exec(path);
  if (matched === null) return path;
  const home = matched[1] === "" ? (env["HOME"] ?? homedir()) : homeOf(matched[1] ?? "");
  return home === null ? path : join(home, matched[2] ?? "");
}

function homeOf(user: string): string | null {
  try {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((candidate) => candidate.startsWith(`${user}:`));
    return line?.split(":")[5] ?? null;
  } catch {
    return null; // no such file where users come from elsewhere
  }
}

function wrongValue(text: string, expected: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `"${text}" is not ${expected}`);
}
