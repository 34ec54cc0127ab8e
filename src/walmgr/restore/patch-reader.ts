// Turns the bytes of an incremental file, as they come, into pieces for their places in the file.
import {
  BLOCK_BYTES,
  incrementalHeaderBytes,
  type IncrementalHeader,
  parseIncrementalHeader,
  resultBlocks,
} from "../formats/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { PositionedPiece } from "./file-writer.ts";

const FIXED_BYTES = 12;

export class PatchReader {
  #head: Buffer = Buffer.alloc(0);
  #header: IncrementalHeader | null = null;
  #index = 0;
  #inBlock = 0;

  /** Pieces that can be written now. @throws BACKUP_INVALID */
  push(bytes: Buffer): readonly PositionedPiece[] {
    if (this.#header !== null) return this.#place(bytes, this.#header);
    this.#head = Buffer.concat([this.#head, bytes]);
    if (this.#head.length < FIXED_BYTES || this.#head.length < incrementalHeaderBytes(this.#head)) return [];
    this.#header = parseIncrementalHeader(this.#head);
    return this.#place(this.#head.subarray(this.#header.headerBytes), this.#header);
  }

  /** Length of the file that comes out. @throws BACKUP_INVALID when blocks are missing */
  finish(): number {
    if (this.#header === null || this.#index < this.#header.blocks.length) {
      throw new SkytoolsError("BACKUP_INVALID", "a file of an incremental backup is cut off");
    }
    return resultBlocks(this.#header) * BLOCK_BYTES;
  }

  #place(bytes: Buffer, { blocks }: IncrementalHeader): readonly PositionedPiece[] {
    const pieces: PositionedPiece[] = [];
    for (let rest = bytes; rest.length > 0;) {
      const block = blocks[this.#index];
      if (block === undefined) throw new SkytoolsError("BACKUP_INVALID", "a file of an incremental backup is too long");
      const run = this.#runLength(blocks, rest.length);
      pieces.push({ at: block * BLOCK_BYTES + this.#inBlock, bytes: rest.subarray(0, run) });
      rest = rest.subarray(run);
      const total = this.#inBlock + run;
      this.#index += Math.floor(total / BLOCK_BYTES);
      this.#inBlock = total % BLOCK_BYTES;
    }
    return pieces;
  }

  /** Bytes for blocks that follow each other. */
  #runLength(blocks: readonly number[], available: number): number {
    let end = this.#index + 1;
    while (end < blocks.length && blocks[end] === (blocks[end - 1] as number) + 1) end += 1;
    return Math.min(available, (end - this.#index) * BLOCK_BYTES - this.#inBlock);
  }
}
