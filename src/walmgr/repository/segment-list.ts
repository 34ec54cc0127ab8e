// The complete segments that a store has, from the names of its objects.
import { isSegmentName, parseSegmentName } from "../formats/index.ts";
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

/** Of a timeline, or of all; in order of timeline and number. */
export function listSegments(
  store: Store,
  layout: Layout,
  segmentBytes: number,
  timeline: number | null,
): Promise<readonly StoredSegment[]> {
  return listUnder(layout.segmentPrefix(timeline), store, layout, segmentBytes);
}

/** Null when there is no object of it, whatever its record says. */
export async function findSegment(
  store: Store,
  layout: Layout,
  segmentBytes: number,
  name: string,
): Promise<StoredSegment | null> {
  const found = await listUnder(layout.segment(name), store, layout, segmentBytes);
  return found.find((one) => one.name === name) ?? null;
}

async function listUnder(
  prefix: string,
  store: Store,
  layout: Layout,
  segmentBytes: number,
): Promise<readonly StoredSegment[]> {
  const found = new Map<string, StoredSegment>();
  for await (const { name: object, sizeBytes } of store.list(prefix)) {
    const name = segmentOfObject(object);
    if (name === null || !object.startsWith(layout.segment(name))) continue;
    const segment = { name, ...parseSegmentName(name, segmentBytes), object, storedBytes: sizeBytes };
    const before = found.get(name);
    found.set(name, before === undefined ? segment : await recorded(store, layout, before, segment));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Segments that have a record and no object: somebody or something has taken it away. Others may store and remove segments
 * meanwhile, so each is looked at again.
 */
export async function listLost(store: Store, layout: Layout, segmentBytes: number): Promise<readonly StoredSegment[]> {
  const recorded = new Map<string, string>();
  for await (const { name: record } of store.list(layout.recordPrefix(null))) {
    const name = baseName(record).slice(0, 24);
    if (isSegmentName(name) && record === layout.record(name)) recorded.set(name, record);
  }
  for (const { name } of await listSegments(store, layout, segmentBytes, null)) recorded.delete(name);
  const lost: StoredSegment[] = [];
  for (const [name, record] of recorded) {
    if ((await findSegment(store, layout, segmentBytes, name)) !== null) continue;
    if ((await store.stat(record)) === null) continue;
    lost.push({ name, ...parseSegmentName(name, segmentBytes), object: layout.segment(name), storedBytes: 0 });
  }
  return lost;
}

/** Two objects of one segment: one of them was left by a writer who was interrupted. */
async function recorded(store: Store, layout: Layout, a: StoredSegment, b: StoredSegment): Promise<StoredSegment> {
  const record = await readRecord(store, layout.record(a.name));
  return record?.object === b.object ? b : a;
}
