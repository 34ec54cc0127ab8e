// Bytes of a COPY out to its lines. A line is decoded together with its neighbours: one call for 64 kB, not one a row.

const LINE_END = 0x0a;

/** Takes pieces cut anywhere and gives the lines that are complete. */
export class CopyLines {
  #pending: Buffer[] = [];

  /** Lines without their ends, in order. */
  push(piece: Buffer): readonly string[] {
    const end = piece.lastIndexOf(LINE_END);
    if (end < 0) {
      this.#pending.push(piece);
      return [];
    }
    const head = piece.subarray(0, end);
    const block = this.#pending.length === 0 ? head : Buffer.concat([...this.#pending, head]);
    this.#pending = end + 1 < piece.length ? [piece.subarray(end + 1)] : [];
    return block.toString("utf8").split("\n");
  }
}
