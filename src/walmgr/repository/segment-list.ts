// The complete segments that a store has, from the names of its objects.
import { parseSegmentName } from "../formats/index.ts";
import type { Store } from "../store/index.ts";
import { baseName, type Layout } from "./layout.ts";
import { readRecord } from "./segment-record.ts";
import type { StoredSegment } from "./types.ts";

const SEGMENT_OBJECT = /^([0-9A-F]{24})((?:\.[a-z0-9]+)*)$/;
const NOT_SEGMENTS = /^\.(json|backup|partial(\..*)?)$/;

/** Whether an object is a segment in some coding; null: it is something else. */
export function segmentOfObject(object: string): string | null {
  const [, name, suffix] = SEGMENT_OBJECT.exec(baseName(object)) ?? [];
  return name === undefined || NOT_SEGMENTS.test(suffix ?? "") ? null : name;
}

/** In order of timeline and number. */
export async function listSegments(
  store: Store,
  layout: Layout,
  segmentBytes: number,
  timeline: number | null,
): Promise<readonly StoredSegment[]> {
  const found = new Map<string, StoredSegment>();
  for await (const { name: object, sizeBytes } of store.list(layout.segmentPrefix(timeline))) {
    const name = segmentOfObject(object);
    if (name === null || !object.startsWith(layout.segment(name))) continue;
    const segment = { name, ...parseSegmentName(name, segmentBytes), object, storedBytes: sizeBytes };
    const before = found.get(name);
    found.set(name, before === undefined ? segment : await recorded(store, layout, before, segment));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Two objects of one segment: one of them was left by a writer who was interrupted. */
async function recorded(store: Store, layout: Layout, a: StoredSegment, b: StoredSegment): Promise<StoredSegment> {
  const record = await readRecord(store, layout.record(a.name));
  return record?.object === b.object ? b : a;
}
