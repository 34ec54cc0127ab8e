// What a repository is to its users: objects of one cluster's WAL and backups in one store. The layout and who may write
// what is told in docs/explain/repository-format.md.
import type { SegmentIndex } from "./segment-index.ts";
import type { Lsn } from "../formats/index.ts";
import type { Store, StoreBody } from "../store/index.ts";

/** repo.json. Null members are not known yet. */
export interface RepositoryIdentity {
  readonly formatVersion: number;
  readonly systemId: bigint;
  readonly segmentBytes: number;
  /** Majors that have written here, oldest first. */
  readonly majors: readonly number[];
  /** ISO 8601. */
  readonly created: string;
  /** Somebody has written with a key: nobody writes without one any more. */
  readonly isEncrypted: boolean;
  /** Ids of the main keys that were written with, oldest first. Empty too where an earlier version was the last writer. */
  readonly keyIds: readonly string[];
}

/** What a server says about itself when its WAL or a backup of it is to be stored. */
export interface ClusterFacts {
  readonly systemId: bigint;
  readonly segmentBytes: number;
  readonly major: number;
}

/** One complete segment. */
export interface StoredSegment {
  /** 24 hexadecimal digits. */
  readonly name: string;
  readonly timeline: number;
  /** Position divided by segment size. */
  readonly number: bigint;
  /** Name of the object, with the suffixes of compression and encryption. */
  readonly object: string;
  readonly storedBytes: number;
}

/** The begun segment at the end of a timeline: a file of full size, of which the beginning is real. */
export interface PartialSegment {
  readonly name: string;
  readonly timeline: number;
  readonly number: bigint;
  readonly object: string;
  /** End of what was written, and of what is durable. */
  readonly writtenLsn: Lsn;
  readonly flushedLsn: Lsn;
  /** It came with a backup; the receiver does not go on there. */
  readonly isCopy?: boolean;
}

/** A history, the label of a backup, or the begun segment that a promotion left. */
export interface OtherWalFile {
  readonly kind: "history" | "backup" | "partial";
  readonly timeline: number;
  /** Of the segment; null for a history. */
  readonly number: bigint | null;
  readonly object: string;
}

/** WAL that nobody could deliver any more: [startLsn, endLsn) of the timeline. */
export interface WalGap {
  readonly timeline: number;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  /** ISO 8601. */
  readonly found: string;
  readonly reason: string;
  /** An administrator has seen it, or a full backup after it made it harmless. */
  readonly isAcknowledged: boolean;
}

/** Recorded beside each segment: `<segment>.json`. */
export interface SegmentRecord {
  readonly plainBytes: number;
  readonly plainChecksum: string;
  readonly storedBytes: number;
  readonly storedChecksum: string;
  readonly object: string;
  /** ISO 8601. */
  readonly stored: string;
  /** Null in records of segments that were stored before there were indexes. */
  readonly index: SegmentIndex | null;
}

export interface WalArchive {
  /** Complete segments of a timeline, or of all, in order of timeline and number. */
  segments(timeline?: number): AsyncIterable<StoredSegment>;
  /** Null when it is not stored; a partial one does not count. @throws STORE_FAILED when that cannot be told */
  find(name: string): Promise<StoredSegment | null>;
  /** Segments that have a record and no object: they were stored, and are lost. */
  lost(): Promise<readonly StoredSegment[]>;
  /** Whether all WAL of [startLsn, endLsn) is stored on that timeline; `partial` lets the begun segment count, to its flushed position. */
  hasRange(timeline: number, startLsn: Lsn, endLsn: Lsn, options?: { readonly partial?: boolean }): Promise<boolean>;
  /**
   * Stores a complete segment: "present" when the same bytes were there already. The bytes are given by a function because
   * they may be read twice.
   * @throws WAL_INVALID, WAL_DIFFERS, STORE_FAILED
   */
  putSegment(name: string, plain: () => StoreBody): Promise<"stored" | "present">;
  /**
   * Plain bytes. The checksum is compared at the end: then the iteration throws REPOSITORY_DAMAGED.
   * @throws STORE_OBJECT_MISSING; REPOSITORY_DAMAGED when it was stored and is lost
   */
  getSegment(name: string): Promise<AsyncIterable<Uint8Array>>;
  /** What a complete segment says of commits and restore points. @throws STORE_OBJECT_MISSING */
  index(name: string): Promise<SegmentIndex>;
  /** All WAL files that are neither segments nor begun by the receiver. */
  others(): AsyncIterable<OtherWalFile>;
  /** Timelines with a history file, in order. */
  histories(): Promise<readonly number[]>;
  /** Text of the history file; null when it is not stored. */
  history(timeline: number): Promise<string | null>;
  /** @throws WAL_DIFFERS when another text is stored under the name */
  putHistory(timeline: number, text: string): Promise<"stored" | "present">;
  /** Begun segments, all timelines. */
  partials(): Promise<readonly PartialSegment[]>;
  /** All bytes of a begun segment, full size. @throws STORE_OBJECT_MISSING */
  getPartial(name: string): Promise<AsyncIterable<Uint8Array>>;
  /**
   * All bytes of a begun segment, and how much of it is real; replaces what was there.
   * @throws STORE_OBJECT_EXISTS with `ifAbsent`
   */
  putPartial(
    name: string,
    bytes: Buffer,
    state: Pick<PartialSegment, "writtenLsn" | "flushedLsn" | "isCopy">,
    options?: { readonly ifAbsent?: boolean },
  ): Promise<void>;
  gaps(): Promise<readonly WalGap[]>;
  /** Once for each start; a later end makes it longer. */
  recordGap(gap: Omit<WalGap, "found" | "isAcknowledged">): Promise<void>;
  /** Returns how many gaps before that position were open. */
  acknowledgeGaps(beforeLsn: Lsn): Promise<number>;
  /** Removes segments (and their records), for retention. */
  deleteSegments(segments: readonly StoredSegment[]): Promise<void>;
}

/** The right to do something in the repository that only one process may do at a time. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  /** Aborted when the lease was lost, because its heartbeat could not be written in time. */
  readonly lost: AbortSignal;
  /** Asks the store. To be called before something is removed or finished. @throws what `lost` is aborted with, STORE_FAILED */
  requireHeld(): Promise<void>;
  release(): Promise<void>;
}

export interface Repository extends AsyncDisposable {
  /** For messages: the store's description. */
  readonly description: string;
  readonly store: Store;
  readonly wal: WalArchive;
  /** repo.json; null before the first use. @throws REPOSITORY_FOREIGN when its format is not known */
  identity(): Promise<RepositoryIdentity | null>;
  /** Makes repo.json, or checks that it is of the same cluster. @throws REPOSITORY_FOREIGN */
  enroll(facts: ClusterFacts): Promise<RepositoryIdentity>;
  /** Takes a lease, e.g. "backup" or "receive"; up to a minute later, unless the signal ends it. @throws LEASE_HELD, ABORTED */
  lease(name: string, signal?: AbortSignal): Promise<Lease>;
  close(): Promise<void>;
}
