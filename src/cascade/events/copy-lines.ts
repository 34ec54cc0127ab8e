// Bytes of a COPY out to its lines: places in blocks of bytes, for most of them are never needed as text.

const LINE_END = 0x0a;

/** Takes pieces cut anywhere and gives the lines that are complete. */
export class CopyLines<Line> {
  readonly #make: (block: Buffer, start: number, end: number) => Line;
  #pending: Buffer[] = [];

  /** @param make - gets each line, without its end, as a place in a block that stays as it is */
  constructor(make: (block: Buffer, start: number, end: number) => Line) {
    this.#make = make;
  }

  /** Puts the lines that are complete behind `lines`, in order. */
  push(piece: Buffer, lines: Line[]): void {
    const last = piece.lastIndexOf(LINE_END);
    if (last < 0) {
      this.#pending.push(piece);
      return;
    }
    const head = piece.subarray(0, last + 1);
    const block = this.#pending.length === 0 ? head : Buffer.concat([...this.#pending, head]);
    this.#pending = last + 1 < piece.length ? [piece.subarray(last + 1)] : [];
    for (let start = 0; start < block.length;) {
      const end = block.indexOf(LINE_END, start);
      lines.push(this.#make(block, start, end));
      start = end + 1;
    }
  }
}
