// Where things lie in a repository. `standard` is a tree by timeline; `classic` is the old walmgr's: plain files in two
// folders, so that its tools and eyes still find them.
import type { WalFileName } from "../formats/index.ts";

export type LayoutName = "standard" | "classic";

export interface Layout {
  readonly name: LayoutName;
  /** The object of a complete segment, without the suffixes of its coding. */
  segment(name: string): string;
  /** What is recorded of a segment. */
  record(name: string): string;
  /** The object of a begun segment; one that is coded has the suffixes too. */
  partial(name: string): string;
  /** History files, backup labels, and segments that a promotion left unfinished. */
  other(file: WalFileName): string;
  /** Begins the names of all segments and records of a timeline, or of all timelines. */
  segmentPrefix(timeline: number | null): string;
  recordPrefix(timeline: number | null): string;
  partialPrefix: string;
  historyPrefix: string;
  /** Begin the names of what `other` names. */
  otherPrefixes: readonly string[];
}

export const RECORD_SUFFIX = ".json";
export const PARTIAL_SUFFIX = ".partial";

const hex8 = (timeline: number): string => timeline.toString(16).toUpperCase().padStart(8, "0");
const folderOf = (name: string): string => `wal/${name.slice(0, 8)}/${name.slice(0, 16)}`;

const standard: Layout = {
  name: "standard",
  segment: (name) => `${folderOf(name)}/${name}`,
  record: (name) => `${folderOf(name)}/${name}${RECORD_SUFFIX}`,
  partial: (name) => `${folderOf(name)}/${name}${PARTIAL_SUFFIX}`,
  other: ({ kind, name }) => {
    if (kind === "history") return `wal/history/${name}`;
    return kind === "partial" ? `wal/promoted/${name}` : `wal/labels/${name}`;
  },
  segmentPrefix: (timeline) => (timeline === null ? "wal/" : `wal/${hex8(timeline)}/`),
  recordPrefix: (timeline) => (timeline === null ? "wal/" : `wal/${hex8(timeline)}/`),
  partialPrefix: "wal/",
  historyPrefix: "wal/history/",
  otherPrefixes: ["wal/history/", "wal/labels/", "wal/promoted/"],
};

const COMPLETE = "logs.complete";
const UNFINISHED = "logs.partial";

const classic: Layout = {
  name: "classic",
  segment: (name) => `${COMPLETE}/${name}`,
  record: (name) => `logs.records/${name}${RECORD_SUFFIX}`,
  partial: (name) => `${UNFINISHED}/${name}`,
  other: ({ name }) => `${COMPLETE}/${name}`,
  segmentPrefix: (timeline) => `${COMPLETE}/${timeline === null ? "" : hex8(timeline)}`,
  recordPrefix: (timeline) => `logs.records/${timeline === null ? "" : hex8(timeline)}`,
  partialPrefix: `${UNFINISHED}/`,
  historyPrefix: `${COMPLETE}/`,
  otherPrefixes: [`${COMPLETE}/`],
};

export const layouts: Readonly<Record<LayoutName, Layout>> = { standard, classic };

/** Says how much of the object of a begun segment is real. */
export function partialStateOf(partial: string): string {
  return `${partial}${RECORD_SUFFIX}`;
}

/** The last part of an object's name. */
export function baseName(object: string): string {
  return object.slice(object.lastIndexOf("/") + 1);
}
