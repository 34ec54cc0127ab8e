// Where a script is to run, as its first comment lines say:
//
//   --*-- Local-Table: orders, items,
//   --*--              customers
//   --*-- Need-Function: price(2)
//
// and as events carry it: local-table=orders%2citems%2ccustomers&need-function=price%282%29
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { decodeRow, encodeRow } from "../../pgq/row-format/index.ts";

export const scriptKeys = [
  "local-table",
  "local-sequence",
  "local-destination",
  "need-table",
  "need-sequence",
  "need-function",
  "need-schema",
  "need-view",
] as const;

export type ScriptKey = (typeof scriptKeys)[number];

/** Values of each key, as they were written. */
export type ScriptAttributes = ReadonlyMap<ScriptKey, readonly string[]>;

const META = /^\s*--\*--(.*)$/;
const PAIR = /^\s*([A-Za-z][\w-]*)\s*:(.*)$/;

/** Reads the comment lines before the first statement. @throws WRONG_USE on an unknown key or a line that is no pair */
export function parseScriptAttributes(sql: string): ScriptAttributes {
  const pairs = new Map<ScriptKey, string[]>();
  let open: string[] | null = null;
  for (const line of sql.split(/\r?\n/)) {
    const meta = META.exec(line)?.[1];
    if (meta === undefined) {
      if (line.trim() === "" || line.trimStart().startsWith("--")) continue;
      break;
    }
    if (meta.trim() === "") continue;
    const pair: readonly string[] | null = open === null ? PAIR.exec(meta) : null;
    if (open === null && pair === null) throw wrongLine(line);
    if (pair !== null) open = valuesOf(pairs, toKey(pair[1] ?? ""));
    const text = pair === null ? meta : (pair[2] ?? "");
    open?.push(...splitValues(text));
    if (!text.trimEnd().endsWith(",")) open = null;
  }
  return pairs;
}

/** Empty when there are none. */
export function formatScriptAttributes(attributes: ScriptAttributes): string {
  return encodeRow([...attributes].map(([key, values]) => [key, values.join(",")] as const));
}

/** Reverse of formatScriptAttributes, as events carry them. @throws WRONG_USE */
export function decodeScriptAttributes(text: string | null): ScriptAttributes {
  const pairs = new Map<ScriptKey, string[]>();
  for (const [key, values] of decodeRow(text ?? "")) valuesOf(pairs, toKey(key)).push(...splitValues(values ?? ""));
  return pairs;
}

function splitValues(text: string): readonly string[] {
  return text
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

function valuesOf(pairs: Map<ScriptKey, string[]>, key: ScriptKey): string[] {
  const values = pairs.get(key) ?? [];
  pairs.set(key, values);
  return values;
}

function toKey(word: string): ScriptKey {
  const found = scriptKeys.find((key) => key === word.toLowerCase());
  if (found !== undefined) return found;
  const near = nearestName(word.toLowerCase(), scriptKeys);
  throw new SkytoolsError("WRONG_USE", `a script has the unknown attribute ${JSON.stringify(word)}`, {
    hint: near === null ? `known are ${scriptKeys.join(", ")}` : `did you mean ${near}?`,
  });
}

function wrongLine(line: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `${JSON.stringify(line.trim())} is not an attribute of a script`, {
    hint: "--*-- Local-Table: name, name",
  });
}
