// Reads a stream in pieces of chosen lengths.
import { SkytoolsError } from "../../errors/index.ts";
import { asBuffer, type ByteSource } from "./bytes.ts";

export class ByteQueue {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(source: ByteSource) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** True when at least so many bytes are there; waits for them. */
  async fill(length: number): Promise<boolean> {
    while (this.#heldBytes < length) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      const piece = asBuffer(next.value);
      this.#held.push(piece);
      this.#heldBytes += piece.length;
    }
    return true;
  }

  /** Exactly `length` bytes. @throws REPOSITORY_DAMAGED when the stream ends before */
  async take(length: number): Promise<Buffer> {
    if (!(await this.fill(length))) {
      throw new SkytoolsError("REPOSITORY_DAMAGED", "an object ends before its contents do");
    }
    const all = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#held = all.length === length ? [] : [all.subarray(length)];
    this.#heldBytes -= length;
    return all.subarray(0, length);
  }

  /** Up to `length` bytes, fewer only at the end of the stream. */
  async takeUpTo(length: number): Promise<Buffer> {
    const isThere = await this.fill(length);
    return await this.take(isThere ? length : this.#heldBytes);
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
