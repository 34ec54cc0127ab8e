// Literals of SQL text back to their values, as in events of pgq.sqltriga. Source: spec of the framework, chapter 9.2.
import { SkytoolsError } from "../../errors/index.ts";

const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, r: 13 };

/** Resolves backslashes: \t, \n, \101 (a byte of UTF-8). @throws WRONG_USE on a lone backslash and on broken UTF-8 */
export function unescapeText(text: string): string {
  if (!text.includes("\\")) return text;
  const pieces: Buffer[] = [];
  let end = 0;
  for (const match of text.matchAll(/\\([0-7]{1,3}|[^]|$)/gu)) {
    const code = match[1] ?? "";
    if (code === "") throw broken("ends with a backslash");
    pieces.push(Buffer.from(text.slice(end, match.index)), escaped(code));
    end = match.index + match[0].length;
  }
  pieces.push(Buffer.from(text.slice(end)));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw broken("is not UTF-8", cause);
  }
}

/**
 * The value of '…', E'…', $tag$…$tag$ or null; what is none of these comes back as it is. In '…' a backslash escapes
 * unless `isStandard`. @throws WRONG_USE
 */
export function unquoteLiteral(text: string, isStandard = false): string | null {
  if (text.toLowerCase() === "null") return null;
  const dollar = /^(\$[^$]*\$)([^]*)$/.exec(text);
  if (dollar?.[1] !== undefined && dollar[2] !== undefined) return unquoteDollar(dollar[1], dollar[2]);
  const quoted = /^(e?)'([^]*)'$/i.exec(text);
  if (quoted?.[2] === undefined) return text;
  const inner = quoted[2];
  const isPlain = isStandard && quoted[1] === "";
  const pattern = isPlain ? /^(?:[^']|'')*$/ : /^(?:[^'\\]|''|\\[^])*$/;
  if (!pattern.test(inner)) throw broken("has a quote inside");
  if (isPlain) return inner.replaceAll("''", "'");
  return unescapeText(inner.replaceAll(/''|\\[^]/g, (piece) => (piece === "''" ? "'" : piece)));
}

function unquoteDollar(tag: string, rest: string): string {
  if (!rest.endsWith(tag)) throw broken("has no end");
  return rest.slice(0, -tag.length);
}

function escaped(code: string): Buffer {
  if (/^[0-7]/.test(code)) return Buffer.from([Number.parseInt(code, 8) & 0xff]);
  const control = CONTROLS[code];
  return control === undefined ? Buffer.from(code) : Buffer.from([control]);
}

function broken(how: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `a literal in SQL text ${how}`, { cause });
}
