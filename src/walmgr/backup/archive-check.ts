// Reads the archives of a backup while they go by: the checksum of every file, and the few small files that say what the
// backup is.
import type { Checksum } from "../codec/index.ts";
import type { ManifestCheck, TarMember } from "../formats/index.ts";
import { TarReader } from "../formats/index.ts";

/** Kept whole, of the archive of the data directory. */
const KEPT_FILES = ["backup_label", "tablespace_map", "global/pg_control", "PG_VERSION"];
const MAX_KEPT_BYTES = 1024 * 1024;
/** Of wal_segment_size. */
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024;
const SEGMENT = /^pg_wal\/([0-9A-F]{24})$/;

/** A segment of WAL that came inside of the backup. */
export interface IncludedSegment {
  readonly name: string;
  readonly bytes: Buffer;
}

/** One for each archive; the bytes of the tar as the server made it. */
export class ArchiveCheck {
  readonly #reader = new TarReader();
  readonly #check: ManifestCheck;
  readonly #prefix: string;
  readonly #kept: Map<string, Buffer>;
  #member: TarMember | null = null;
  #checksum: Checksum | null = null;
  /** What is kept of the member, in one piece: segments are large. */
  #whole: { readonly bytes: Buffer; filled: number } | null = null;
  #plainBytes = 0;
  #segments: IncludedSegment[] = [];

  /** `oid` null: the archive of the data directory. What is kept goes to `kept`. */
  constructor(check: ManifestCheck, oid: string | null, kept: Map<string, Buffer>) {
    this.#check = check;
    this.#prefix = oid === null ? "" : `pg_tblspc/${oid}/`;
    this.#kept = kept;
  }

  get plainBytes(): number {
    return this.#plainBytes;
  }

  /** Complete segments since the last call. */
  takeSegments(): readonly IncludedSegment[] {
    const segments = this.#segments;
    if (segments.length > 0) this.#segments = [];
    return segments;
  }

  /** Keeps nothing of these bytes. @throws ARCHIVE_INVALID */
  push(bytes: Uint8Array): void {
    this.#plainBytes += bytes.length;
    for (const event of this.#reader.push(bytes)) {
      if (event.type === "data") {
        this.#checksum?.update(event.bytes);
        if (this.#whole !== null) this.#whole.filled += event.bytes.copy(this.#whole.bytes, this.#whole.filled);
      } else if (event.type === "member") this.#begin(event.member);
      else this.#end(event.member);
    }
  }

  /** @throws ARCHIVE_INVALID */
  finish(): void {
    this.#reader.finish();
  }

  #begin(member: TarMember): void {
    this.#member = member;
    this.#checksum = member.kind === "file" ? this.#check.begin() : null;
    const isKept = this.#prefix === "" && member.sizeBytes <= mostKept(member.name);
    this.#whole = isKept ? { bytes: Buffer.allocUnsafe(member.sizeBytes), filled: 0 } : null;
  }

  #end(member: TarMember): void {
    if (this.#checksum === null || this.#member !== member) return;
    this.#check.end(this.#prefix + member.name, member.sizeBytes, this.#checksum);
    if (this.#whole === null) return;
    const { bytes } = this.#whole;
    this.#whole = null;
    const segment = SEGMENT.exec(member.name)?.[1];
    if (segment === undefined) this.#kept.set(member.name, bytes);
    else this.#segments.push({ name: segment, bytes });
  }
}

/** Bytes; larger files, and others, are not kept. */
function mostKept(name: string): number {
  if (KEPT_FILES.includes(name)) return MAX_KEPT_BYTES;
  return SEGMENT.test(name) ? MAX_SEGMENT_BYTES : -1;
}
