// The file of a segment that is being received: full size from the start, written in place. What it holds already stays:
// it is WAL of the same timeline, and may be more than the server can still send.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, syncFolder, writeAll } from "../store/index.ts";

/** No more than this is what a few commits have written; they wait for it. A backlog comes in larger pieces. */
const COMMITS_BYTES = 256 * 1024;
const ZEROS = Buffer.alloc(256 * 1024);

export class SegmentFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #isSynchronous: boolean;
  #isDirty = false;

  private constructor(path: string, file: FileHandle, isSynchronous: boolean) {
    this.path = path;
    this.#file = file;
    this.#isSynchronous = isSynchronous;
  }

  /**
   * Synchronous: what was written is durable, one call of the system for both. The file is filled with zeros for that, so that
   * there is only data to write; else it is a hole.
   */
  static async open(
    path: string,
    sizeBytes: number,
    { isSynchronous }: { readonly isSynchronous: boolean },
  ): Promise<SegmentFile> {
    await makeFolder(dirname(path));
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { size } = await file.stat();
      if (size < sizeBytes) {
        if (isSynchronous) await fillUp(file, size, sizeBytes);
        else await file.truncate(sizeBytes);
        await file.sync();
        await syncFolder(dirname(path));
      }
      if (!isSynchronous) return new SegmentFile(path, file, false);
      const synchronous = await open(path, constants.O_RDWR | constants.O_DSYNC);
      await file.close();
      return new SegmentFile(path, synchronous, true);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async write(pieces: readonly Buffer[], offset: number): Promise<void> {
    this.#isDirty = !this.#isSynchronous;
    const isWaitedFor = this.#isSynchronous && pieces.reduce((sum, { length }) => sum + length, 0) <= COMMITS_BYTES;
    await writeAll(this.#file, pieces, offset, isWaitedFor);
  }

  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    await this.#file.datasync();
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read({ buffer: Buffer.alloc(length), position: offset });
    return buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function fillUp(file: FileHandle, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += ZEROS.length) {
    await file.write(ZEROS, 0, Math.min(ZEROS.length, to - at), at);
  }
}
