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

  constructor(table: string, clock: MonotonicClock, tell?: (progress: CopyProgress) => void) {
    this.#table = table;
    this.#clock = clock;
    this.#tell = tell;
    this.#startedMs = clock.monotonicMs();
  }

  /** Sizes are those of the source's blocks; the share of them that is done says how long it will take. */
  plan(ranges: readonly CopyRange[]): void {
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

  get totals(): { readonly rows: bigint; readonly bytes: bigint } {
    return { rows: this.#rows, bytes: BigInt(this.#bytes) };
  }

  tellNow(): void {
    this.#toldMs = this.#clock.monotonicMs();
    this.#tell?.(this.progress());
  }

  progress(): CopyProgress {
    const seconds = Math.max(0.001, (this.#clock.monotonicMs() - this.#startedMs) / 1000);
    const fraction = this.#fraction();
    return {
      table: this.#table,
      phase: "copying",
      rows: this.#rows,
      bytes: BigInt(this.#bytes),
      fraction,
      rowsPerSecond: Number(this.#rows) / seconds,
      bytesPerSecond: this.#bytes / seconds,
      secondsLeft: fraction === null || fraction === 0 ? null : (seconds * (1 - fraction)) / fraction,
      error: null,
    };
  }

  /** The bytes on the wire are about those of the table; finished ranges are known better. */
  #fraction(): number | null {
    if (this.#totalBytes === 0) return null;
    return Math.min(1, Math.max(this.#doneBytes, Math.min(this.#bytes, this.#totalBytes * 0.99)) / this.#totalBytes);
  }
}
