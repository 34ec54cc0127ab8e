// Cuts the bytes of the socket into messages. Bodies of CopyData are passed on as slices of what came, never joined, for
// that is nearly all of the traffic; other messages are small and come whole.
import { SkytoolsError } from "../../errors/index.ts";
import { HEADER_BYTES, messageType } from "./protocol.ts";

export interface FrameSink {
  /** A slice of the body of a CopyData message. An empty body comes as one empty slice. */
  copyData(data: Buffer, isFirst: boolean, isLast: boolean): void;
  /** Any other message, whole. The bytes are valid for ever. */
  message(type: number, body: Buffer): void;
}

/** Rows, errors and notices; what is longer is not the protocol. A history file or a manifest line fits easily. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export class FrameParser {
  readonly #sink: FrameSink;
  /** Bytes of a header or of a small message that is not complete yet. */
  #kept: Buffer = Buffer.alloc(0);
  /** Bytes of the body of a CopyData message that are still to come. */
  #copyLeft = 0;
  #isCopyStart = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes what the socket gave. @throws REPLICATION_FAILED when this cannot be the protocol */
  push(chunk: Buffer): void {
    let at = this.#takeCopy(chunk, 0);
    while (at < chunk.length) {
      if (this.#kept.length > 0) {
        at = this.#complete(chunk, at);
      } else {
        at = this.#next(chunk, at);
      }
      at = this.#takeCopy(chunk, at);
    }
  }

  /** Reads one message that begins in this chunk, or keeps its beginning. */
  #next(chunk: Buffer, at: number): number {
    if (chunk.length - at < HEADER_BYTES) return this.#keep(chunk.subarray(at), chunk.length);
    const type = chunk.readUInt8(at);
    const length = bodyBytes(type, chunk.readInt32BE(at + 1));
    const start = at + HEADER_BYTES;
    if (type === messageType.copyData) return this.#beginCopy(length, start);
    if (chunk.length - start < length) return this.#keep(chunk.subarray(at), chunk.length);
    this.#sink.message(type, Buffer.from(chunk.subarray(start, start + length)));
    return start + length;
  }

  /** Goes on with a message whose beginning was kept. */
  #complete(chunk: Buffer, at: number): number {
    const before = this.#kept.length;
    if (before < HEADER_BYTES) {
      const header = Buffer.concat([this.#kept, chunk.subarray(at, at + HEADER_BYTES - before)]);
      this.#kept = header;
      if (header.length < HEADER_BYTES) return chunk.length;
      at += HEADER_BYTES - before;
    }
    const type = this.#kept.readUInt8(0);
    const length = bodyBytes(type, this.#kept.readInt32BE(1));
    if (type === messageType.copyData) {
      this.#kept = Buffer.alloc(0);
      return this.#beginCopy(length, at);
    }
    const missing = HEADER_BYTES + length - this.#kept.length;
    this.#kept = Buffer.concat([this.#kept, chunk.subarray(at, at + missing)]);
    if (this.#kept.length < HEADER_BYTES + length) return chunk.length;
    const body = this.#kept.subarray(HEADER_BYTES);
    this.#kept = Buffer.alloc(0);
    this.#sink.message(type, body);
    return at + missing;
  }

  #beginCopy(length: number, at: number): number {
    this.#copyLeft = length;
    this.#isCopyStart = true;
    if (length === 0) {
      this.#isCopyStart = false;
      this.#sink.copyData(Buffer.alloc(0), true, true);
    }
    return at;
  }

  #takeCopy(chunk: Buffer, at: number): number {
    if (this.#copyLeft === 0 || at >= chunk.length) return at;
    const end = Math.min(chunk.length, at + this.#copyLeft);
    this.#copyLeft -= end - at;
    const isFirst = this.#isCopyStart;
    this.#isCopyStart = false;
    this.#sink.copyData(chunk.subarray(at, end), isFirst, this.#copyLeft === 0);
    return end;
  }

  #keep(rest: Buffer, end: number): number {
    this.#kept = Buffer.from(rest);
    return end;
  }
}

function bodyBytes(type: number, length: number): number {
  const body = length - 4;
  if (body < 0 || (type !== messageType.copyData && body > MAX_MESSAGE_BYTES)) {
    throw new SkytoolsError("REPLICATION_FAILED", `the server sent a message of type ${type} with length ${length}`);
  }
  return body;
}
