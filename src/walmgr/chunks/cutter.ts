// Cuts a tar archive into chunks so that what has not changed gives the same chunks again, whatever changed around it: a large
// file begins a chunk and ends one, and small members are gathered between names that are chosen by their hash. The header of
// a large file is no part of a chunk: the same file has another one elsewhere, and after a failover another time in it.
import { createHash } from "node:crypto";
import { asBuffer, type ByteSource } from "../codec/index.ts";
import { parseTarHeader, TAR_BLOCK, type TarMember, tarPadding } from "../formats/index.ts";

/** Of one chunk at most. Larger: a changed page costs more; smaller: more objects, and a list of them for each backup. */
export const CHUNK_BYTES = 4 * 1024 * 1024;
/** Files from this size on have chunks of their own. */
const LARGE_BYTES = 64 * 1024;
/** Of the first byte of a name's hash: one small member of 64 begins a chunk. */
const BEGINNING_BELOW = 4;

/** A chunk, or a header that stands by itself. */
export interface ArchivePart {
  readonly bytes: Buffer;
  readonly isHeader: boolean;
}

/** Together they are the archive, byte for byte. Pieces of the source may be lent. @throws ARCHIVE_INVALID */
export async function* cutChunks(source: ByteSource): AsyncGenerator<ArchivePart> {
  const cutter = new ChunkCutter();
  for await (const piece of source) yield* cutter.push(asBuffer(piece));
  yield* cutter.finish();
}

export class ChunkCutter {
  #room: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #held = 0;
  #header: Buffer = Buffer.alloc(0);
  #memberLeft = 0;
  #isLarge = false;
  #isOver = false;

  /** What is complete now. Keeps nothing of the piece. @throws ARCHIVE_INVALID */
  *push(piece: Buffer): Generator<ArchivePart> {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#memberLeft > 0 || this.#isOver) {
        const left = this.#isOver ? Infinity : this.#memberLeft;
        const taken = rest.copy(this.#room, this.#held, 0, Math.min(rest.length, left, CHUNK_BYTES - this.#held));
        rest = rest.subarray(taken);
        this.#held += taken;
        if (!this.#isOver) this.#memberLeft -= taken;
        if (this.#held === CHUNK_BYTES || (this.#isLarge && this.#memberLeft === 0)) yield* this.#cut();
      } else {
        const block = Buffer.concat([this.#header, rest.subarray(0, TAR_BLOCK - this.#header.length)]);
        rest = rest.subarray(block.length - this.#header.length);
        this.#header = block;
        if (block.length === TAR_BLOCK) yield* this.#begin(block);
      }
    }
  }

  /** The rest. */
  *finish(): Generator<ArchivePart> {
    // Only of an archive that is cut off.
    this.#held += this.#header.copy(this.#room, this.#held);
    yield* this.#cut();
  }

  *#begin(header: Buffer): Generator<ArchivePart> {
    this.#header = Buffer.alloc(0);
    const member = parseTarHeader(header);
    this.#isOver = member === null; // zeros follow, nothing else
    this.#isLarge = member !== null && isLarge(member);
    if (this.#isLarge || (member !== null && beginsChunk(member))) yield* this.#cut();
    if (this.#isLarge) yield { bytes: header, isHeader: true };
    else this.#held += header.copy(this.#room, this.#held);
    this.#memberLeft = member === null ? 0 : member.sizeBytes + tarPadding(member.sizeBytes);
    if (this.#held === CHUNK_BYTES) yield* this.#cut();
  }

  *#cut(): Generator<ArchivePart> {
    if (this.#held === 0) return;
    const chunk = this.#room.subarray(0, this.#held);
    this.#held = 0;
    const isSmall = chunk.length < CHUNK_BYTES / 2;
    if (!isSmall) this.#room = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    yield { bytes: isSmall ? Buffer.from(chunk) : chunk, isHeader: false };
  }
}

function isLarge({ kind, sizeBytes }: TarMember): boolean {
  return kind === "file" && sizeBytes >= LARGE_BYTES;
}

function beginsChunk({ name }: TarMember): boolean {
  return (createHash("sha256").update(name).digest()[0] ?? 0) < BEGINNING_BELOW;
}
