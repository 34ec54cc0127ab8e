// The keyword form of a connection string: host=a dbname='b c'. Rules and quoting are libpq's.
import { connectionStringError } from "./conninfo.ts";

/** Pairs in order of appearance. @throws CONNECTION_STRING */
export function parseKeywordPairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const nameEnd = scan(text, at, /[=\s]/);
    const name = text.slice(at, nameEnd);
    at = skipSpace(text, nameEnd);
    if (text[at] !== "=" || name === "") {
      throw connectionStringError(`missing "=" after item ${pairs.length + 1} of the connection string`);
    }
    at = skipSpace(text, at + 1);
    const [value, end] = text[at] === "'" ? quotedValue(text, at + 1, name) : bareValue(text, at);
    pairs.push([name, value]);
    at = skipSpace(text, end);
  }
  return pairs;
}

/** Writes pairs so that they are read back the same. */
export function formatKeywordPairs(pairs: Iterable<readonly [string, string]>): string {
  return [...pairs].map(([name, value]) => `${name}=${quoteValue(value)}`).join(" ");
}

function quoteValue(value: string): string {
  return /^[^\s'\\]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, "\\$&")}'`;
}

function bareValue(text: string, start: number): [string, number] {
  let value = "";
  let at = start;
  for (; at < text.length && !isSpace(text[at]); at += 1) {
    if (text[at] === "\\") at += 1;
    value += text[at] ?? "";
  }
  return [value, Math.min(at, text.length)];
}

function quotedValue(text: string, start: number, name: string): [string, number] {
  let value = "";
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === "'") return [value, at + 1];
    if (text[at] === "\\") at += 1;
    value += text[at] ?? "";
  }
  throw connectionStringError(`the quoted value of "${/^\w{1,40}$/.test(name) ? name : "?"}" has no end`);
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /[ \t\n\r\f\v]/.test(char);
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text[at])) at += 1;
  return at;
}

function scan(text: string, start: number, stop: RegExp): number {
  let at = start;
  while (at < text.length && !stop.test(text[at] ?? "")) at += 1;
  return at;
}
