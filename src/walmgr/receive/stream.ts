// One stream of one timeline: from the socket into segment files, with status messages back. Ends at the end of the
// timeline, at `until`, or at the signal; breaks with an error.
import type { MonotonicClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { ReplicationConnection, TimelineEnd, WalKeepalive, WalPiece, WalStream } from "../../postgres/index.ts";
import type { Lsn } from "../formats/index.ts";
import type { WalPosition } from "./receive-area.ts";
import type { WalWriter } from "./wal-writer.ts";

export interface StreamOptions {
  readonly connection: ReplicationConnection;
  readonly writer: WalWriter;
  readonly start: WalPosition;
  readonly slot: string | null;
  /** Every batch is made durable before the next one is read. */
  readonly isSynchronous: boolean;
  /** Tell the server that what is durable here is applied, which it is not: for synchronous_commit = remote_apply. */
  readonly reportsApplied: boolean;
  readonly statusIntervalMs: number;
  readonly flushIntervalMs: number;
  /** Nothing came for so long: the connection is taken for dead. */
  readonly timeoutMs: number;
  /** Ends the stream once everything up to there is durable. */
  readonly until: Lsn | null;
  readonly clock: MonotonicClock;
  readonly signal: AbortSignal;
  readonly onProgress: (stream: WalStream) => void;
}

export type StreamEnd =
  { readonly kind: "timeline"; readonly end: TimelineEnd } | { readonly kind: "stopped" | "until" };

/** No WAL for so long: what was received is made durable before the flush interval is over. */
const IDLE_MS = 200;
const STOP_LIMIT_MS = 5_000;
/** Between two notes of how far the begun segment is durable: files of their own, for which no commit shall wait. */
const STATE_INTERVAL_MS = 500;

/** @throws DATABASE, CONNECTION_LOST, REPLICATION_FAILED, WAL_INVALID, and what writing files gives */
export async function streamWal(options: StreamOptions): Promise<StreamEnd> {
  const { connection, writer, start, slot } = options;
  const stream = await connection.startWal({ startLsn: start.lsn, timeline: start.timeline, slot });
  writer.begin(start);
  return await new StreamLoop(options, stream).run();
}

class StreamLoop {
  readonly #options: StreamOptions;
  readonly #stream: WalStream;
  #statusMs: number;
  #flushedMs: number;
  #savedMs: number;
  #receivedMs: number;
  #stopMs: number | null = null;

  constructor(options: StreamOptions, stream: WalStream) {
    this.#options = options;
    this.#stream = stream;
    this.#statusMs = this.#flushedMs = this.#savedMs = this.#receivedMs = options.clock.monotonicMs();
  }

  async run(): Promise<StreamEnd> {
    const { signal } = this.#options;
    const wake = (): void => this.#stream.interrupt();
    signal.addEventListener("abort", wake);
    try {
      for (;;) {
        if ((signal.aborted || this.#hasAll()) && this.#stopMs === null) await this.#stop();
        const items = await this.#stream.read(this.#waitMs());
        if (items === null) break;
        await this.#take(items);
      }
      return await this.#end();
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  async #take(items: readonly (WalPiece | WalKeepalive)[]): Promise<void> {
    const { writer, isSynchronous, flushIntervalMs, statusIntervalMs, timeoutMs, onProgress } = this.#options;
    const now = this.#options.clock.monotonicMs();
    if (items.length > 0) this.#receivedMs = now;
    const pieces = items.filter((item) => item.kind === "wal");
    const segmentsBefore = writer.flushedLsn;
    // While we wait for the server's goodbye, nothing more is taken.
    if (this.#stopMs === null && pieces.length > 0) await writer.write(pieces);
    const isAsked = items.some((item) => item.kind === "keepalive" && item.wantsReply);
    const isIdle = items.length === 0 && writer.isDirty;
    if (isAsked || isIdle || (isSynchronous && writer.isDirty) || now - this.#flushedMs >= flushIntervalMs) {
      await writer.flush();
      this.#flushedMs = now;
    }
    const hasNews = writer.flushedLsn > segmentsBefore;
    if (isAsked || hasNews || now - this.#statusMs >= statusIntervalMs) this.#status();
    if (items.length === 0 || now - this.#savedMs >= STATE_INTERVAL_MS) {
      await writer.saveState();
      this.#savedMs = now;
    }
    onProgress(this.#stream);
    if (this.#stopMs !== null && now - this.#stopMs > STOP_LIMIT_MS) throw silent("it did not answer the end");
    if (now - this.#receivedMs > timeoutMs) throw silent(`nothing came for ${Math.round(timeoutMs / 1000)} seconds`);
  }

  #hasAll(): boolean {
    const { until, writer } = this.#options;
    return until !== null && writer.writtenLsn >= until;
  }

  async #stop(): Promise<void> {
    await this.#options.writer.flush();
    this.#status();
    this.#stream.stop();
    this.#stopMs = this.#options.clock.monotonicMs();
  }

  async #end(): Promise<StreamEnd> {
    await this.#options.writer.close();
    const { end } = this.#stream;
    if (end !== null) return { kind: "timeline", end };
    if (this.#hasAll()) return { kind: "until" };
    return { kind: "stopped" };
  }

  #status(): void {
    const { writer, reportsApplied, clock } = this.#options;
    const { writtenLsn, flushedLsn } = writer;
    this.#stream.sendStatus({ writtenLsn, flushedLsn, appliedLsn: reportsApplied ? flushedLsn : 0n });
    this.#statusMs = clock.monotonicMs();
  }

  #waitMs(): number {
    const { clock, statusIntervalMs, writer } = this.#options;
    if (this.#stopMs !== null) return IDLE_MS;
    const untilStatus = Math.max(1, this.#statusMs + statusIntervalMs - clock.monotonicMs());
    return writer.isDirty || writer.hasUnsavedState ? Math.min(IDLE_MS, untilStatus) : untilStatus;
  }
}

function silent(what: string): SkytoolsError {
  return new SkytoolsError("CONNECTION_LOST", `the server is silent: ${what}`, {
    hint: "the receiver connects again; look at the network in between",
  });
}
