// Where two lists of rows differ.
import { SkytoolsError } from "../../errors/index.ts";
import type { HashedRow } from "./reader.ts";

/** A row that was not the same on both sides at one look. Null: it was not there. */
export interface Suspect {
  readonly key: readonly string[];
  readonly sourceHash: bigint | null;
  readonly targetHash: bigint | null;
  /** Source's copies minus the target's, in tables without a key. */
  readonly surplus?: number;
}

/** Rows of the same keys on both sides, in any order. @throws WRONG_USE when a key stands for several rows */
export function differingRows(source: readonly HashedRow[], target: readonly HashedRow[]): Suspect[] {
  const theirs = byKey(target);
  const suspects: Suspect[] = [];
  for (const [id, { key, hash }] of byKey(source)) {
    const targetHash = theirs.get(id)?.hash ?? null;
    theirs.delete(id);
    if (targetHash !== hash) suspects.push({ key, sourceHash: hash, targetHash });
  }
  for (const { key, hash } of theirs.values()) suspects.push({ key, sourceHash: null, targetHash: hash });
  return suspects;
}

export function keyId(key: readonly string[]): string {
  return key.length === 1 ? (key[0] ?? "") : JSON.stringify(key);
}

export function byKey(rows: readonly HashedRow[]): Map<string, HashedRow> {
  const found = new Map(rows.map((row) => [keyId(row.key), row]));
  if (found.size < rows.length) {
    throw new SkytoolsError("WRONG_USE", "several rows have the same key", {
      hint: "name columns that are unique on both sides, or none to compare without a key",
    });
  }
  return found;
}
