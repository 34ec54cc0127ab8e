// Files behind ssh are read and written in blocks of one request each.
import { END_OF_FILE, statusOf } from "./sftp-reasons.ts";
import type { SftpSession } from "./sftp-session.ts";

/** As much as one request of the package takes: it cuts larger ones, and waits for the answer to each part. */
export const BLOCK_BYTES = 254 * 1024;

export interface Block {
  readonly at: number;
  readonly bytes: number;
}

/** Of the bytes from `start` to `end`. */
export function* blocksOf(start: number, end: number): Generator<Block> {
  for (let at = start; at < end; at += BLOCK_BYTES) yield { at, bytes: Math.min(BLOCK_BYTES, end - at) };
}

/** A server may answer with less than was asked for. */
export async function readBlock(session: SftpSession, handle: Buffer, { at, bytes }: Block): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let done = 0; done < bytes;) {
    const read = await readAt(session, handle, buffer, done, at + done);
    if (read === 0) throw new Error(`it ended after ${at + done} bytes while it was read`);
    done += read;
  }
  return buffer;
}

/** Into the rest of the buffer. @returns how much; 0 at the end of the file */
async function readAt(
  session: SftpSession,
  handle: Buffer,
  buffer: Buffer,
  offset: number,
  at: number,
): Promise<number> {
  try {
    return await session.request<number>((sftp, done) =>
      sftp.read(handle, buffer, offset, buffer.length - offset, at, done),
    );
  } catch (error) {
    if (statusOf(error) === END_OF_FILE) return 0;
    throw error;
  }
}
