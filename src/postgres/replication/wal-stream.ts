// A running START_REPLICATION: WAL and keepalives in, status messages out. Knows nothing of segments.
import { systemClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Channel, ChannelEvent } from "./channel.ts";
import { statusBody, textOf } from "./protocol.ts";
import type { StandbyStatus, TimelineEnd, WalKeepalive, WalPiece } from "./types.ts";
import { parseLsn } from "./lsn-text.ts";

const WAL_HEADER_BYTES = 25;
const KEEPALIVE_BYTES = 18;
const WAL = 0x77; // w
const KEEPALIVE = 0x6b; // k
const EPOCH_2000_US = 946_684_800_000_000n;

export class WalStream {
  readonly #channel: Channel;
  readonly #release: (error: unknown) => void;
  readonly #parser = new WalMessageParser();
  #pending: readonly ChannelEvent[];
  #hasSentDone = false;
  #isOver = false;
  #isReady = false;
  #error: SkytoolsError | null = null;
  #end: TimelineEnd | null = null;

  /** `release` is told when the connection takes commands again, or why it never will. */
  constructor(channel: Channel, first: readonly ChannelEvent[], release: (error: unknown) => void) {
    this.#channel = channel;
    this.#release = release;
    this.#pending = first;
    channel.lend();
  }

  /** After the end: where the timeline ended, when that is why. */
  get end(): TimelineEnd | null {
    return this.#end;
  }

  /** End of the server's WAL, as far as it has told; 0n before. */
  get serverLsn(): bigint {
    return this.#parser.serverLsn;
  }

  /**
   * All that has come; waits at most `waitMs` for it, then the list is empty. Its bytes are lent until the next call. Null when the stream has ended in peace: at the end
   * of the timeline, or after stop(). Nothing is read from the server while nobody calls this.
   * @throws DATABASE, CONNECTION_LOST, REPLICATION_FAILED
   */
  async read(waitMs = Infinity): Promise<readonly (WalPiece | WalKeepalive)[] | null> {
    if (this.#isOver) return null;
    try {
      const items = this.#error === null ? await this.#take(waitMs) : [];
      return items.length > 0 ? items : await this.#nothingCame();
    } catch (error) {
      this.#isOver = true;
      this.#over(error);
      throw error;
    }
  }

  /** Wakes a read() that waits; it then gives an empty list. */
  interrupt(): void {
    this.#channel.interrupt();
  }

  sendStatus(status: StandbyStatus): void {
    if (this.#hasSentDone || this.#isOver) return;
    this.#channel.sendCopyData(statusBody(status, BigInt(systemClock.now()) * 1000n - EPOCH_2000_US));
  }

  /** Asks the server to end the stream; read() goes on until it gives null. */
  stop(): void {
    if (this.#hasSentDone || this.#isOver) return;
    this.#hasSentDone = true;
    this.#channel.sendCopyDone();
  }

  async #take(waitMs: number): Promise<readonly (WalPiece | WalKeepalive)[]> {
    const events = this.#pending.length > 0 ? this.#pending : await this.#channel.take(waitMs);
    this.#pending = [];
    const items: (WalPiece | WalKeepalive)[] = [];
    for (const event of events) this.#accept(event, items);
    return items;
  }

  async #nothingCame(): Promise<readonly WalPiece[] | null> {
    if (this.#error === null) return this.#isOver ? null : [];
    // The server sends the end of its answer after the error, often apart from it.
    if (!this.#isReady) await this.#channel.untilReady();
    throw this.#error;
  }

  #over(error: unknown): void {
    this.#channel.keep();
    this.#release(error);
  }

  #accept(event: ChannelEvent, items: (WalPiece | WalKeepalive)[]): void {
    if (event.kind === "copyData") this.#parser.push(event.data, event.isFirst, event.isLast, items);
    if (event.kind === "copyDone") this.stop();
    if (event.kind === "error") this.#error ??= event.error;
    if (event.kind === "result") {
      const [timeline, start] = [textOf(event.result, "next_tli"), textOf(event.result, "next_tli_startpos")];
      if (timeline !== null && start !== null) {
        this.#end = { nextTimeline: Number(timeline), nextStartLsn: parseLsn(start) };
      }
    }
    if (event.kind === "ready") {
      this.#isReady = true;
      this.#isOver = this.#error === null;
      if (this.#isOver) this.#over(null);
    }
  }
}

/** Cuts the two kinds of messages out of the slices in which they come. */
class WalMessageParser {
  serverLsn = 0n;
  #head: Buffer = Buffer.alloc(0);
  #kind = 0;
  #nextLsn: bigint | null = null;

  push(data: Buffer, isFirst: boolean, isLast: boolean, items: (WalPiece | WalKeepalive)[]): void {
    if (isFirst) {
      this.#head = Buffer.alloc(0);
      this.#kind = data[0] ?? 0;
      this.#nextLsn = null;
    }
    if (this.#kind === WAL) this.#wal(data, items);
    else if (this.#kind === KEEPALIVE) this.#keepalive(data, isLast, items);
    else throw new SkytoolsError("REPLICATION_FAILED", `the WAL stream has a message of type ${this.#kind}`);
  }

  #wal(data: Buffer, items: (WalPiece | WalKeepalive)[]): void {
    let body = data;
    if (this.#nextLsn === null) {
      const missing = WAL_HEADER_BYTES - this.#head.length;
      this.#head =
        data.length >= missing && this.#head.length === 0
          ? data.subarray(0, missing)
          : Buffer.concat([this.#head, data.subarray(0, missing)]); // a copy: the rest may come with a later call
      if (this.#head.length < WAL_HEADER_BYTES) return;
      this.#nextLsn = this.#head.readBigUInt64BE(1);
      this.serverLsn = this.#head.readBigUInt64BE(9);
      body = data.subarray(missing);
    }
    if (body.length === 0) return;
    items.push({ kind: "wal", startLsn: this.#nextLsn, data: body });
    this.#nextLsn += BigInt(body.length);
  }

  #keepalive(data: Buffer, isLast: boolean, items: (WalPiece | WalKeepalive)[]): void {
    this.#head = Buffer.concat([this.#head, data]);
    if (!isLast) return;
    if (this.#head.length < KEEPALIVE_BYTES) throw new SkytoolsError("REPLICATION_FAILED", "a keepalive is too short");
    this.serverLsn = this.#head.readBigUInt64BE(1);
    items.push({
      kind: "keepalive",
      serverLsn: this.serverLsn,
      serverTimeMs: Number((this.#head.readBigInt64BE(9) + EPOCH_2000_US) / 1000n),
      wantsReply: this.#head[17] === 1,
    });
  }
}
