// Puts the WAL of the stream into segment files, and knows how far it is written and how far it is durable.
import { SkytoolsError } from "../../errors/index.ts";
import type { WalPiece } from "../../postgres/index.ts";
import {
  checkSegmentHeader,
  type ExpectedWal,
  formatLsn,
  LONG_HEADER_BYTES,
  type Lsn,
  segmentName,
  segmentOf,
  segmentStart,
} from "../formats/index.ts";
import { TWICE_PROMOTED } from "../repository/index.ts";
import type { ReceiveArea, WalPosition } from "./receive-area.ts";
import { SegmentFile } from "./segment-file.ts";

export interface WalWriterOptions {
  readonly area: ReceiveArea;
  readonly expected: ExpectedWal & { readonly segmentBytes: number };
  /** Every batch will be synced: prepare files for that. */
  readonly isSynchronous: boolean;
  /** A complete, durable segment, to be given to the repositories. */
  readonly onSegment: (name: string) => void;
}

export class WalWriter {
  readonly #options: WalWriterOptions;
  #timeline = 0;
  #written: Lsn = 0n;
  #flushed: Lsn = 0n;
  /** What the file beside the begun segment says. */
  #saved: Lsn = 0n;
  /** So far the begun segment was durable before, and the server sends it again from its start; null: not looked yet. */
  #known: Lsn | null = null;
  #file: SegmentFile | null = null;
  #name = "";

  constructor(options: WalWriterOptions) {
    this.#options = options;
  }

  get writtenLsn(): Lsn {
    return this.#written;
  }

  /** Never more than is durable. */
  get flushedLsn(): Lsn {
    return this.#flushed;
  }

  get timeline(): number {
    return this.#timeline;
  }

  get isDirty(): boolean {
    return this.#written > this.#flushed;
  }

  /** More is durable than the file beside the begun segment says. */
  get hasUnsavedState(): boolean {
    return this.#file !== null && this.#flushed > this.#saved;
  }

  /** The next piece has to begin there, at the start of a segment. */
  begin({ timeline, lsn }: WalPosition): void {
    this.#timeline = timeline;
    this.#written = lsn;
    this.#flushed = lsn;
    this.#saved = lsn;
    this.#known = null;
  }

  /** @throws REPLICATION_FAILED when the pieces do not follow what was written */
  async write(pieces: readonly WalPiece[]): Promise<void> {
    const { segmentBytes } = this.#options.expected;
    let batch: Buffer[] = [];
    let at = this.#written;
    for (const { startLsn, data } of pieces) {
      if (startLsn !== at) {
        throw new SkytoolsError(
          "REPLICATION_FAILED",
          `the server sent WAL from ${formatLsn(startLsn)} on, ${formatLsn(at)} was expected`,
        );
      }
      let rest = data;
      while (rest.length > 0) {
        const room = segmentBytes - Number(at % BigInt(segmentBytes));
        const part = rest.subarray(0, room);
        batch.push(part);
        at += BigInt(part.length);
        rest = rest.subarray(part.length);
        if (part.length < room) continue;
        await this.#append(batch, at);
        batch = [];
        await this.#complete();
      }
    }
    if (batch.length > 0) await this.#append(batch, at);
  }

  /** Makes durable what was written. */
  async flush(): Promise<void> {
    const written = this.#written;
    if (this.#file === null || written === this.#flushed) return;
    await this.#file.sync();
    this.#flushed = written;
  }

  /** Says beside the begun segment how far it is durable. Commits do not wait for this: see flush. */
  async saveState(): Promise<void> {
    if (!this.hasUnsavedState) return;
    const flushed = this.#flushed;
    const durable = this.#known !== null && this.#known > flushed ? this.#known : flushed;
    await this.#options.area.savePartialState(this.#name, { writtenLsn: durable, flushedLsn: durable });
    this.#saved = flushed;
  }

  /** The begun segment stays a begun segment. May be called again. */
  async close(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    try {
      await this.flush();
      await this.saveState();
    } finally {
      this.#file = null;
      await file.close();
    }
  }

  /** Name and file of the begun segment; null between two. */
  get begun(): { readonly name: string; readonly path: string } | null {
    return this.#file === null ? null : { name: this.#name, path: this.#file.path };
  }

  async #append(batch: readonly Buffer[], end: Lsn): Promise<void> {
    const { area, expected, isSynchronous } = this.#options;
    const number = segmentOf(this.#written, expected.segmentBytes);
    if (this.#file === null) {
      this.#name = segmentName({ timeline: this.#timeline, number }, expected.segmentBytes);
      const path = area.partialPath(this.#name);
      this.#known ??= (await area.durableLsn(this.#name)) ?? this.#written;
      this.#file = await SegmentFile.open(path, expected.segmentBytes, { isSynchronous });
    }
    const offset = Number(this.#written - segmentStart(number, expected.segmentBytes));
    await this.#compare(this.#file, batch, offset);
    await this.#file.write(batch, offset);
    this.#written = end;
  }

  /** What was durable once is never changed. @throws WAL_DIFFERS */
  async #compare(file: SegmentFile, batch: readonly Buffer[], offset: number): Promise<void> {
    if (this.#known === null || this.#known <= this.#written) return;
    const sent = Buffer.concat(batch).subarray(0, Number(this.#known - this.#written));
    if ((await file.read(offset, sent.length)).equals(sent)) return;
    throw new SkytoolsError("WAL_DIFFERS", `the server's ${this.#name} is not the one that was received before`, {
      hint: TWICE_PROMOTED,
    });
  }

  async #complete(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    const { area, expected, onSegment } = this.#options;
    await file.sync();
    checkSegmentHeader(this.#name, await file.read(0, LONG_HEADER_BYTES), expected);
    await file.close();
    this.#file = null;
    await area.complete(this.#name);
    try {
      await area.savePosition({ timeline: this.#timeline, lsn: this.#written });
    } finally {
      onSegment(this.#name); // nobody asks for it again: the spool tells the next session that it is here
    }
    this.#flushed = this.#written;
    this.#saved = this.#written;
  }
}
