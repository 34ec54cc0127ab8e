// The files `INCREMENTAL.<name>` of incremental backups: the blocks of a relation file that changed.
import { SkytoolsError } from "../../errors/index.ts";

export const BLOCK_BYTES = 8192;
const MAGIC = 0xd3ae1f0d;
const FIXED_BYTES = 12;
const PREFIX = "INCREMENTAL.";
/** Blocks of a segment file of 1 GiB. */
const MAX_BLOCKS = 131_072;

export interface IncrementalHeader {
  /** Ascending, counted within the file. */
  readonly blocks: readonly number[];
  /** The file had at least so many blocks; what an older backup has behind that does not count. */
  readonly truncationBlocks: number;
  /** Where the first block begins. */
  readonly headerBytes: number;
}

/** `base/5/INCREMENTAL.1259` stands for `base/5/1259`; null for other files. */
export function incrementalTarget(path: string): string | null {
  const slash = path.lastIndexOf("/") + 1;
  return path.startsWith(PREFIX, slash) ? path.slice(0, slash) + path.slice(slash + PREFIX.length) : null;
}

/** Bytes of the header, once its first 12 bytes are there. @throws BACKUP_INVALID */
export function incrementalHeaderBytes(start: Buffer): number {
  if (start.length < FIXED_BYTES || start.readUInt32LE(0) !== MAGIC) throw invalid("it begins with other bytes");
  const count = start.readUInt32LE(4);
  if (count > MAX_BLOCKS) throw invalid(`it claims to have ${count} blocks`);
  return count === 0 ? FIXED_BYTES : Math.ceil((FIXED_BYTES + 4 * count) / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Takes at least `incrementalHeaderBytes` bytes. @throws BACKUP_INVALID */
export function parseIncrementalHeader(bytes: Buffer): IncrementalHeader {
  const headerBytes = incrementalHeaderBytes(bytes);
  if (bytes.length < headerBytes) throw invalid("its header is cut off");
  const count = bytes.readUInt32LE(4);
  const truncationBlocks = bytes.readUInt32LE(8);
  if (truncationBlocks > MAX_BLOCKS) throw invalid(`it claims a length of ${truncationBlocks} blocks`);
  const blocks: number[] = [];
  for (let i = 0, last = -1; i < count; i += 1) {
    const block = bytes.readUInt32LE(FIXED_BYTES + 4 * i);
    if (block <= last || block >= MAX_BLOCKS) throw invalid("its block numbers do not ascend");
    blocks.push(block);
    last = block;
  }
  return { blocks, truncationBlocks, headerBytes };
}

/** Length of the file that comes out, in blocks. */
export function resultBlocks({ blocks, truncationBlocks }: IncrementalHeader): number {
  return Math.max(truncationBlocks, (blocks.at(-1) ?? -1) + 1);
}

function invalid(what: string): SkytoolsError {
  return new SkytoolsError("BACKUP_INVALID", `a file of an incremental backup cannot be used: ${what}`);
}
