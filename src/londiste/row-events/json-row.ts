// A row as jsontriga writes it, {"id":1,"name":"x"}, to the texts of its values. JSON.parse would round an int8, and is not
// needed: the server reads the values.

export type Values = (string | null)[];

/** The row has other columns than were expected, or is not written as the triggers do. */
export const OTHER_COLUMNS = null;

/** Reads a row whose columns are known. @param heads - each name as it stands in the row: `"id":` */
export function readJsonValues(text: string, heads: readonly string[]): Values | typeof OTHER_COLUMNS {
  const values: Values = [];
  let at = 1;
  for (const head of heads) {
    if (!text.startsWith(head, at)) return OTHER_COLUMNS;
    const start = at + head.length;
    const end = valueEnd(text, start);
    values.push(valueText(text, start, end));
    at = end + 1;
  }
  const isWhole = at === text.length && text.charCodeAt(at - 1) === CLOSE_BRACE;
  return isWhole && text.charCodeAt(0) === OPEN_BRACE ? values : OTHER_COLUMNS;
}

/** Reads any JSON object. @throws SyntaxError */
export function readJsonRow(text: string): Map<string, string | null> {
  JSON.parse(text); // it is JSON, or this throws
  if (!text.trimStart().startsWith("{")) throw new SyntaxError("no JSON object");
  const row = new Map<string, string | null>();
  let at = skipSpace(text, text.indexOf("{") + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = stringEnd(text, at);
    const start = skipSpace(text, text.indexOf(":", nameEnd) + 1);
    const end = valueEnd(text, start);
    row.set(JSON.parse(text.slice(at, nameEnd)) as string, valueText(text, start, end));
    at = skipSpace(text, skipSpace(text, end) + 1);
  }
  return row;
}

export function jsonHead(column: string): string {
  return `${JSON.stringify(column)}:`;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;

/** Position behind the value that starts at `start`. */
function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return stringEnd(text, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return nestedEnd(text, start);
  let at = start;
  while (at < text.length && !isEndOfWord(text.charCodeAt(at))) at++;
  return at;
}

/** Comma, closing brace or bracket, or white space. */
function isEndOfWord(code: number): boolean {
  return code === 0x2c || code === CLOSE_BRACE || code === 0x5d || code <= 0x20;
}

function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function nestedEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === 0x5d) depth--;
    at++;
  } while (depth > 0 && at < text.length);
  return at;
}

function valueText(text: string, start: number, end: number): string | null {
  if (text.charCodeAt(start) === QUOTE) {
    const inner = text.slice(start + 1, end - 1);
    return inner.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : inner;
  }
  const word = text.slice(start, end);
  return word === "null" ? null : word;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}
