// COPY from one session into another. The frames of CopyData are the same in both directions of the protocol, so what the
// one server sends is written to the other as it came: no row is looked at, and nothing is kept but what the sockets hold.
import type { Duplex } from "node:stream";
import type pg from "pg";
import { callAfter } from "../clock/index.ts";
import { SkytoolsError } from "../errors/index.ts";
import type { Connection } from "./connection.ts";

export interface CopyBetweenOptions {
  /** `copy … to stdout`; format as that of `into`. */
  readonly from: string;
  /** `copy … from stdin`. */
  readonly into: string;
  /** Called for each piece that goes through, with its size; cheap. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes are those of the protocol, five a row more than those of the format. */
export interface CopiedRows {
  readonly rows: number;
  readonly bytes: number;
}

/** A target that has not read by then that the copy has failed is cancelled. */
const STUCK_MS = 500;

/** When either side fails nothing is stored, both sessions are free again, and the first error comes out. @throws ABORTED */
export async function copyBetween(
  source: Connection,
  target: Connection,
  { from, into, onBytes, signal }: CopyBetweenOptions,
): Promise<CopiedRows> {
  const stopSource = new AbortController();
  const stopTarget = new AbortController();
  const sink = new CopyIn(into);
  const out = new CopyOut(from, sink, onBytes);
  const failures: unknown[] = [];
  let callOff = (): void => undefined;
  const fail = (error: unknown): void => {
    failures.push(error);
    out.discard();
    stopSource.abort();
    sink.fail("the copy was stopped");
    callOff();
    // it waits for a lock; later on a trigger may, and nothing is read then
    if (sink.isOpen) callOff = callAfter(STUCK_MS, () => stopTarget.abort());
    else stopTarget.abort();
  };
  const abort = (): void => {
    fail(new SkytoolsError("ABORTED", "the copy was stopped by a signal", { cause: signal?.reason }));
  };
  if (signal?.aborted === true) throw new SkytoolsError("ABORTED", "the copy was stopped by a signal");
  signal?.addEventListener("abort", abort, { once: true });
  sink.source = out;
  try {
    await Promise.all([
      target.submit(sink, { signal: stopTarget.signal }).catch(fail),
      source.submit(out, { signal: stopSource.signal }).then(() => sink.end(), fail),
    ]);
  } finally {
    signal?.removeEventListener("abort", abort);
    callOff();
  }
  if (failures.length > 0) throw failures[0];
  return { rows: sink.rows, bytes: out.bytes };
}

const FRAME = { data: 0x64, done: 0x63, outResponse: 0x48, notice: 0x4e, parameter: 0x53, notification: 0x41 } as const;
const HEADER_BYTES = 5;
const FILLER_BYTES = 64 * 1024;

type DataListener = (chunk: Buffer) => void;

/** What a query that runs on its own has to answer the driver. */
class OwnQuery {
  readonly done: Promise<void>;
  protected settle!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  rows = 0;

  constructor() {
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.done.catch(() => undefined); // who submits it waits for it
  }

  handleCommandComplete({ text }: { readonly text?: string }): void {
    this.rows = Number(/^COPY (\d+)/.exec(text ?? "")?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.settle.resolve();
  }

  handleError(error: unknown): void {
    this.settle.reject(error);
  }
}

/** The receiving side. */
class CopyIn extends OwnQuery implements pg.Submittable {
  readonly #sql: string;
  source: CopyOut | null = null;
  #connection: pg.Connection | null = null;
  isOpen = false;
  #isOver = false;

  get isFeeding(): boolean {
    return !this.#isOver;
  }

  #atOpen: (() => void)[] = [];

  constructor(sql: string) {
    super();
    this.#sql = sql;
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection;
    connection.query(this.#sql);
  }

  handleCopyInResponse(): void {
    this.isOpen = true;
    for (const call of this.#atOpen.splice(0)) call();
  }

  /** The session is free when the frame that was begun has been sent to its end; the server throws it away. */
  override handleError(error: unknown): void {
    this.#isOver = true;
    this.source?.discard();
    if (this.source === null) super.handleError(error);
    else this.source.betweenFrames(() => super.handleError(error));
  }

  /** Calls once data may be written. */
  whenOpen(call: () => void): void {
    if (this.isOpen) call();
    else this.#atOpen.push(call);
  }

  /** @returns false: call `more` is called once there is room again */
  write(frames: Buffer, more: () => void): boolean {
    const stream = this.#connection?.stream;
    if (stream?.writable !== true) return true;
    if (stream.write(frames)) return true;
    stream.once("drain", more);
    return false;
  }

  end(): void {
    this.#finish((connection) => connection.stream.write(Buffer.from([FRAME.done, 0, 0, 0, 4])));
  }

  /** Has the server forget what it got. */
  fail(reason: string): void {
    this.source?.betweenFrames(() => this.#finish((connection) => connection.sendCopyFail(reason)));
  }

  #finish(send: (connection: pg.Connection & { sendCopyFail: (reason: string) => void }) => void): void {
    this.whenOpen(() => {
      if (this.#isOver || this.#connection === null) return;
      this.#isOver = true;
      send(this.#connection as pg.Connection & { sendCopyFail: (reason: string) => void });
    });
  }
}

/** The sending side: takes the socket's bytes in the driver's place until the last frame of data. */
class CopyOut extends OwnQuery implements pg.Submittable {
  readonly #sql: string;
  readonly #sink: CopyIn;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  #stream: Duplex | null = null;
  #driver: DataListener = () => undefined;
  #isDiscarding = false;
  /** Bytes of the present frame that are still to come; those of its header too. */
  #left = 0;
  /** The beginning of a header that was cut. */
  #cut: Buffer = Buffer.alloc(0);
  #isForwarded = false;
  /** When discarding: what the target has still to get of the frame that was begun. */
  #owed = 0;
  #betweenFrames: (() => void)[] = [];
  bytes = 0;

  constructor(sql: string, sink: CopyIn, onBytes: ((bytes: number) => void) | undefined) {
    super();
    this.#sql = sql;
    this.#sink = sink;
    this.#onBytes = onBytes;
  }

  submit(connection: pg.Connection): void {
    this.#stream = connection.stream;
    const [driver] = this.#stream.listeners("data") as DataListener[];
    if (driver === undefined) throw new Error("the driver does not listen to its socket");
    this.#driver = driver;
    this.#stream.removeListener("data", driver);
    this.#stream.on("data", this.#take);
    connection.query(this.#sql);
    if (this.#isDiscarding) return;
    // Until the target can take rows, they stay in the sockets.
    this.#stream.pause();
    this.#sink.whenOpen(this.#resume);
  }

  /** The rest of the rows is thrown away, from the end of the frame that was begun. */
  discard(): void {
    if (this.#isDiscarding) return;
    this.#isDiscarding = true;
    this.#owed = this.#isForwarded ? this.#left : 0;
    if (this.#owed === 0) for (const call of this.#betweenFrames.splice(0)) call();
    this.#resume();
  }

  /** Calls once no frame is half sent. */
  betweenFrames(call: () => void): void {
    if (this.#isDiscarding && this.#owed === 0) call();
    else this.#betweenFrames.push(call);
  }

  /** A session that was lost in the middle of a frame leaves us to fill it up. */
  override handleError(error: unknown): void {
    this.discard();
    while (this.#owed > 0) this.#sendOwed(Buffer.alloc(Math.min(this.#owed, FILLER_BYTES)));
    this.#leave();
    super.handleError(error);
  }

  readonly #resume = (): void => void this.#stream?.resume();

  readonly #take = (piece: Buffer): void => {
    let chunk = piece;
    if (this.#cut.length > 0) {
      chunk = Buffer.concat([this.#cut, piece]);
      this.#cut = Buffer.alloc(0);
    }
    let start = 0; // of what is to be forwarded
    let at = 0;
    const size = chunk.length;
    while (at < size) {
      if (this.#left === 0) {
        if (size - at < HEADER_BYTES) {
          this.#cut = chunk.subarray(at);
          break;
        }
        const isData = chunk[at] === FRAME.data;
        if (isData !== this.#isForwarded) {
          if (!isData) this.#forward(chunk.subarray(start, at));
          start = at;
          this.#isForwarded = isData;
        }
        if (!isData && !isAside(chunk[at])) {
          this.#leave(chunk[at] === FRAME.done ? chunk.subarray(at + HEADER_BYTES) : chunk.subarray(at));
          return;
        }
        this.#left = chunk.readUInt32BE(at + 1) + 1;
      }
      const step = Math.min(this.#left, size - at);
      this.#left -= step;
      at += step;
    }
    if (this.#isForwarded) this.#forward(chunk.subarray(start, at));
  };

  #forward(frames: Buffer): void {
    if (frames.length === 0) return;
    if (this.#isDiscarding) {
      this.#sendOwed(frames.subarray(0, this.#owed));
      return;
    }
    this.bytes += frames.length;
    if (!this.#sink.write(frames, this.#resume)) this.#stream?.pause();
    this.#onBytes?.(frames.length);
  }

  #sendOwed(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#sink.write(rest, this.#resume);
    this.#owed -= rest.length;
    if (this.#owed === 0) for (const call of this.#betweenFrames.splice(0)) call();
  }

  /** Gives the socket back to the driver, with what came after the data. */
  #leave(rest?: Buffer): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    stream.removeListener("data", this.#take);
    stream.on("data", this.#driver);
    if (rest !== undefined && rest.length > 0) this.#driver(rest);
    stream.resume();
  }
}

/** Frames that may stand between those of the data; what they say is lost. */
function isAside(type: number | undefined): boolean {
  return type === FRAME.outResponse || type === FRAME.notice || type === FRAME.parameter || type === FRAME.notification;
}
