// What ev_type says of a row event. The formats: pgq.logutriga (`U:id`), pgq.sqltriga (`U`), pgq.jsontriga
// (`{"op":"UPDATE",…}`), and `R` for a truncate. Source: spec of the triggers, 6.5 and 6.12.
import type { RowOperation } from "./row-change.ts";

export type EventKind =
  | { readonly format: "urlencoded" | "json"; readonly operation: RowOperation; readonly keys: readonly string[] }
  | { readonly format: "sql"; readonly operation: RowOperation }
  | { readonly format: "truncate" };

const operations: Readonly<Record<string, RowOperation>> = { I: "insert", U: "update", D: "delete" };

/** A table makes a handful of different types. */
const known = new Map<string, EventKind | null>();
const MOST_KNOWN = 10_000;

/** Null: this is no event of a row or a truncate. */
export function eventKind(type: string | null): EventKind | null {
  if (type === null) return null;
  const found = known.get(type);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const kind = readKind(type);
  known.set(type, kind);
  return kind;
}

function readKind(type: string): EventKind | null {
  if (type.startsWith("{")) return readJsonKind(type);
  if (type === "R") return { format: "truncate" };
  const operation = operations[type.charAt(0)];
  if (operation === undefined) return null;
  if (type.length === 1) return { format: "sql", operation };
  if (type.charAt(1) !== ":") return null;
  const keys = type.slice(2);
  return { format: "urlencoded", operation, keys: keys === "" ? [] : keys.split(",") };
}

/** Only the first letter of op counts. */
function readJsonKind(type: string): EventKind | null {
  let head: unknown;
  try {
    head = JSON.parse(type);
  } catch {
    return null;
  }
  if (typeof head !== "object" || head === null || !("op" in head) || typeof head.op !== "string") return null;
  const letter = head.op.charAt(0).toUpperCase();
  if (letter === "T") return { format: "truncate" };
  const operation = operations[letter];
  if (operation === undefined) return null;
  const keys = "pkey" in head && Array.isArray(head.pkey) ? head.pkey.map(String) : [];
  return { format: "json", operation, keys: keys.filter((key) => key !== "") };
}
