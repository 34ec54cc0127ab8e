// Counts what a copy has done, and tells it every so often.
import type { MonotonicClock } from "../../clock/index.ts";
import type { CopyProgress } from "./progress.ts";
import type { CopyRange } from "./ranges.ts";

const TELL_EVERY_MS = 250;

export class CopyMeter {
  readonly #table: string;
  readonly #clock: MonotonicClock;
  readonly #tell: ((progress: CopyProgress) => void) | undefined;
  readonly #startedMs: number;
  #toldMs = 0;
  #totalBytes = 0;
  #doneBytes = 0;
  #rows = 0n;
  #bytes = 0;
  /** What was there before this copy began. */
  #before = { rows: 0n, bytes: 0n, sourceBytes: 0 };

  constructor(table: string, clock: MonotonicClock, tell?: (progress: CopyProgress) => void) {
    this.#table = table;
    this.#clock = clock;
    this.#tell = tell;
    this.#startedMs = clock.monotonicMs();
  }

  /** Sizes are those of the source's blocks; the share of them that is done says how long it will take. */
  plan(ranges: readonly CopyRange[], before = this.#before): void {
    this.#before = before;
    this.#totalBytes = ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  bytes(count: number): void {
    this.#bytes += count;
    if (this.#tell !== undefined && this.#clock.monotonicMs() - this.#toldMs > TELL_EVERY_MS) this.tellNow();
  }

  /** What was sent of a range that failed is sent again. */
  takeBack(count: number): void {
    this.#bytes -= count;
  }

  stored(range: CopyRange, rows: number): void {
    this.#doneBytes += range.sizeBytes;
    this.#rows += BigInt(rows);
    this.tellNow();
  }

  /** Of this copy, without what was there before. */
  get totals(): { readonly rows: bigint; readonly bytes: bigint } {
    return { rows: this.#rows, bytes: BigInt(this.#bytes) };
  }

  tellNow(): void {
    this.#toldMs = this.#clock.monotonicMs();
    this.#tell?.(this.progress());
  }

  progress(): CopyProgress {
    const seconds = Math.max(0.001, (this.#clock.monotonicMs() - this.#startedMs) / 1000);
    const { rows, bytes, sourceBytes } = this.#before;
    const done = this.#done();
    const all = sourceBytes + this.#totalBytes;
    return {
      table: this.#table,
      phase: "copying",
      rows: rows + this.#rows,
      bytes: bytes + BigInt(this.#bytes),
      fraction: all === 0 ? null : (sourceBytes + done) / all,
      rowsPerSecond: Number(this.#rows) / seconds,
      bytesPerSecond: this.#bytes / seconds,
      secondsLeft: done === 0 ? null : (seconds * (this.#totalBytes - done)) / done,
      error: null,
    };
  }

  /** The bytes on the wire are about those of the table; finished ranges are known better. */
  #done(): number {
    return Math.min(this.#totalBytes, Math.max(this.#doneBytes, Math.min(this.#bytes, this.#totalBytes * 0.99)));
  }
}
