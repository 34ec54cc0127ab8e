// Writing many pieces to an open file: whole, and with the disk at work before the last one is there.
import { writevSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/**
 * Writes all of the pieces at `position`, or where the file stands. A call of the system may write less. `isUrgent`: while
 * nothing else runs, for writes that are waited for, where the way through another thread would count.
 */
export async function writeAll(
  file: FileHandle,
  pieces: readonly Uint8Array[],
  position?: number,
  isUrgent = false,
): Promise<void> {
  let rest = pieces;
  let at = position;
  while (rest.length > 0) {
    const bytesWritten = isUrgent
      ? writevSync(file.fd, rest, at)
      : (await file.writev(rest as Uint8Array[], at)).bytesWritten;
    if (at !== undefined) at += bytesWritten;
    rest = without(rest, bytesWritten);
  }
}

/** What is left when so many bytes of the front were written. */
function without(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [i, piece] of pieces.entries()) {
    if (left < piece.length) return [piece.subarray(left), ...pieces.slice(i + 1)];
    left -= piece.length;
  }
  return [];
}

const SYNC_EVERY_BYTES = 32 * 1024 * 1024;

/** Syncs a long file now and then while it is written, so that little is left for the sync at its end. */
export class EarlySync {
  readonly #file: FileHandle;
  #bytes = 0;
  #running: Promise<void> | null = null;
  #error: { readonly reason: unknown } | null = null;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  wrote(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < SYNC_EVERY_BYTES || this.#running !== null) return;
    this.#bytes = 0;
    this.#running = this.#file.datasync().then(
      () => void (this.#running = null),
      (reason: unknown) => {
        this.#running = null;
        this.#error ??= { reason };
      },
    );
  }

  /** Before the file is closed. @throws what a sync threw: the system tells of a lost page only once */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#error !== null) throw this.#error.reason as Error;
  }
}
