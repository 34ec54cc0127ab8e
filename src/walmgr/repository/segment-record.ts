// `<segment>.json`: what is recorded of a stored segment.
import { SkytoolsError } from "../../errors/index.ts";
import { isExisting, readText, type Store, writeText } from "../store/index.ts";
import { formatIndex, parseIndex } from "./segment-index.ts";
import type { SegmentRecord } from "./types.ts";

/** Null when nothing is recorded. @throws REPOSITORY_DAMAGED, STORE_FAILED */
export async function readRecord(store: Store, object: string): Promise<SegmentRecord | null> {
  const text = await readText(store, object);
  if (text === null) return null;
  const record = parseRecord(text);
  if (record === null) {
    throw new SkytoolsError("REPOSITORY_DAMAGED", `${object} of ${store.description} cannot be read`);
  }
  return record;
}

/** Null when it was written; else what another one has recorded before. */
export async function writeRecord(store: Store, object: string, record: SegmentRecord): Promise<SegmentRecord | null> {
  try {
    const { index, ...rest } = record;
    const text = JSON.stringify({ ...rest, ...(index === null ? {} : { index: formatIndex(index) }) });
    await writeText(store, object, `${text}\n`, { ifAbsent: true });
    return null;
  } catch (error) {
    if (!isExisting(error)) throw error;
    return await readRecord(store, object);
  }
}

function parseRecord(text: string): SegmentRecord | null {
  try {
    const value = JSON.parse(text) as Partial<SegmentRecord> | null;
    const { plainBytes, plainChecksum, storedBytes, storedChecksum, object, stored } = value ?? {};
    const isGood =
      typeof plainBytes === "number" &&
      typeof storedBytes === "number" &&
      typeof plainChecksum === "string" &&
      typeof storedChecksum === "string" &&
      typeof object === "string" &&
      typeof stored === "string";
    if (!isGood) return null;
    return { plainBytes, plainChecksum, storedBytes, storedChecksum, object, stored, index: parseIndex(value?.index) };
  } catch {
    return null;
  }
}
