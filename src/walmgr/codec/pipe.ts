// From one who pushes bytes to one who pulls them: bounded, and errors go both ways.
import type { ByteSource } from "./bytes.ts";

const DEFAULT_LIMIT_BYTES = 2 * 1024 * 1024;

/** One writer, one reader. Bytes that were written are the reader's: they are not copied. */
export class BytePipe implements ByteSource {
  readonly #limitBytes: number;
  #pieces: Uint8Array[] = [];
  #heldBytes = 0;
  #end: { readonly error: unknown } | null = null;
  #isAbandoned = false;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;

  constructor(limitBytes = DEFAULT_LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** Returns a promise only when the reader is too far behind. After the reader has gone, bytes are thrown away. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isAbandoned) return undefined;
    this.#pieces.push(bytes);
    this.#heldBytes += bytes.length;
    this.#wakeReader?.();
    if (this.#heldBytes < this.#limitBytes) return undefined;
    return new Promise((resolve) => (this.#wakeWriter = resolve));
  }

  end(): void {
    this.#finish(null);
  }

  /** The reader gets this error instead of an end. */
  fail(error: unknown): void {
    this.#finish(error);
  }

  /** For a reader who goes, maybe before he began: what is written is thrown away. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#pieces = [];
    this.#letWriterGo();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const pieces = this.#pieces;
        if (pieces.length > 0) {
          this.#pieces = [];
          yield* pieces;
          this.#heldBytes -= pieces.reduce((sum, piece) => sum + piece.length, 0);
          if (this.#heldBytes < this.#limitBytes) this.#letWriterGo();
        } else if (this.#end !== null) {
          if (this.#end.error !== null) throw this.#end.error as Error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wakeReader = resolve));
          this.#wakeReader = null;
        }
      }
    } finally {
      this.abandon();
    }
  }

  #finish(error: unknown): void {
    this.#end ??= { error };
    this.#wakeReader?.();
  }

  #letWriterGo(): void {
    this.#wakeWriter?.();
    this.#wakeWriter = null;
  }
}
