// Bytes that grow: values of many rows, put together without a string for each.

/** A loop is faster than a call up to this size. */
const SHORT = 24;
/** From here on it pays to know what a text takes. */
const LONG = 4096;

export class ByteSink {
  readonly #size: number;
  #bytes: Buffer;
  #length = 0;

  /** @param size - bytes to begin with */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#length;
  }

  byte(code: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = code;
  }

  copy(from: Buffer, start: number, end: number): void {
    const size = end - start;
    this.#room(size);
    if (size > SHORT) from.copy(this.#bytes, this.#length, start, end);
    else {
      const bytes = this.#bytes;
      for (let i = start, to = this.#length; i < end; i++, to++) bytes[to] = from[i] ?? 0;
    }
    this.#length += size;
  }

  text(text: string): void {
    this.#room(text.length > LONG ? Buffer.byteLength(text) : 3 * text.length); // the most that UTF-8 takes
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** What was put in; the sink is empty then. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(this.#size);
    this.#length = 0;
    return taken;
  }

  toString(): string {
    return this.#bytes.toString("utf8", 0, this.#length);
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + size));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
