// The authenticated socket of a replication connection: messages in, messages out. Reading stops while nobody takes
// what has come, so memory is bounded whatever the server sends.
import type { Duplex } from "node:stream";
import { callAfter, systemClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { PostgresError } from "../postgres-error.ts";
import { BulkSocket } from "./bulk-socket.ts";
import { FrameParser, type FrameSink } from "./frame-parser.ts";
import {
  copyDoneMessage,
  HEADER_BYTES,
  messageType,
  queryMessage,
  readColumns,
  readCString,
  readRow,
  terminateMessage,
  toServerError,
  toServerNotice,
} from "./protocol.ts";
import type { ReadMemory } from "./read-memory.ts";
import type { CommandEvent } from "./types.ts";

export type ChannelEvent =
  CommandEvent | { readonly kind: "ready" } | { readonly kind: "error"; readonly error: PostgresError };

/** The socket is not read further while this much waits to be taken. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
const CLOSE_LIMIT_MS = 1_000;
/** From an error to the word that commands are taken again; the server has only to abort its transaction. */
const READY_LIMIT_MS = 10_000;

export class Channel implements FrameSink {
  readonly #socket: Duplex;
  /** Null: somebody else reads from the system, as with TLS. */
  readonly #memory: ReadMemory | null;
  readonly #parser = new FrameParser(this);
  #events: ChannelEvent[] = [];
  #waitingBytes = 0;
  #wake: (() => void) | null = null;
  #broken: SkytoolsError | null = null;
  #isClosing = false;
  #columns: readonly string[] | null = null;
  #rows: (Buffer | null)[][] = [];

  /** Takes the socket over; nobody else may listen to its data. */
  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#memory = socket instanceof BulkSocket ? socket.memory : null;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", (error) => this.#break(error.message));
    socket.on("close", () => this.#break("the server closed it"));
    socket.on("end", () => this.#break("the server closed it"));
    socket.resume();
  }

  /** False once it was closed or broke; what had come before can still be taken. */
  get isOpen(): boolean {
    return this.#broken === null;
  }

  query(sql: string): void {
    this.#write(queryMessage(sql));
  }

  sendCopyData(body: Buffer): boolean {
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header.writeUInt8(messageType.copyData, 0);
    header.writeInt32BE(body.length + 4, 1);
    this.#requireOpen();
    this.#socket.cork();
    this.#socket.write(header);
    const hasRoom = this.#socket.write(body);
    this.#socket.uncork();
    return hasRoom;
  }

  sendCopyDone(): void {
    this.#write(copyDoneMessage);
  }

  /** Resolves when more can be written; at once when the channel broke. */
  async drained(): Promise<void> {
    if (!this.isOpen || !this.#socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off("drain", done).off("close", done);
        resolve();
      };
      this.#socket.on("drain", done).on("close", done);
    });
  }

  /** Until keep(): who calls take() has done with all that it gave before, and its memory is used again. */
  lend(): void {
    this.#memory?.lend();
  }

  keep(): void {
    this.#memory?.keep();
  }

  /**
   * All that has come, waiting for it if there is nothing yet: at most `waitMs`, then the list is empty.
   * @throws CONNECTION_LOST once it broke and everything was taken
   */
  async take(waitMs = Infinity): Promise<readonly ChannelEvent[]> {
    this.#memory?.giveBack();
    if (this.#events.length === 0 && this.#broken === null && waitMs > 0) await this.#wait(waitMs);
    if (this.#events.length === 0) {
      this.#requireOpen();
      return [];
    }
    const events = this.#events;
    this.#events = [];
    this.#waitingBytes = 0;
    if (this.#socket.isPaused() && this.#broken === null) this.#socket.resume();
    return events;
  }

  /** At least one event. @throws CONNECTION_LOST also when no byte comes for so long */
  async takeWithin(limitMs: number): Promise<readonly ChannelEvent[]> {
    for (;;) {
      const startMs = systemClock.monotonicMs();
      const events = await this.take(limitMs);
      if (events.length > 0) return events;
      if (systemClock.monotonicMs() - startMs < limitMs) continue; // a part of a message came
      this.#break(`the server gave no answer for ${Math.round(limitMs / 1000)} seconds`);
      this.#socket.destroy();
    }
  }

  /** After an error: throws away what comes until the server takes commands again. One that never says so is given up. */
  async untilReady(): Promise<void> {
    while (this.isOpen) {
      const events = await this.take(READY_LIMIT_MS).catch(() => []);
      if (events.some(({ kind }) => kind === "ready")) return;
      if (events.length === 0) this.destroy();
    }
  }

  /** Wakes whoever waits in take(), which then gets an empty list. */
  interrupt(): void {
    this.#wake?.();
  }

  /** Says goodbye to the server; does not wait for what runs. May be called again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const isUsable = this.isOpen;
    this.#broken ??= new PostgresError("CONNECTION_LOST", "the replication connection was closed");
    this.#wake?.();
    if (!isUsable || this.#socket.destroyed) {
      this.#socket.destroy();
      return;
    }
    await new Promise<void>((resolve) => {
      const cancel = callAfter(CLOSE_LIMIT_MS, () => this.#socket.destroy());
      this.#socket.once("close", () => {
        cancel();
        resolve();
      });
      this.#socket.resume();
      this.#socket.end(terminateMessage);
    });
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#break("it was given up");
    this.#socket.destroy();
  }

  copyData(data: Buffer, isFirst: boolean, isLast: boolean): void {
    this.#waitingBytes += data.length;
    this.#events.push({ kind: "copyData", data, isFirst, isLast });
  }

  message(type: number, body: Buffer): void {
    this.#waitingBytes += body.length;
    switch (type) {
      case messageType.rowDescription:
        this.#endResult();
        this.#columns = readColumns(body);
        return;
      case messageType.dataRow:
        this.#rows.push(readRow(body));
        return;
      case messageType.commandComplete:
        this.#endResult();
        this.#events.push({ kind: "complete", tag: readCString(body) });
        return;
      case messageType.readyForQuery:
        this.#endResult();
        this.#events.push({ kind: "ready" });
        return;
      case messageType.error:
        this.#events.push({ kind: "error", error: toServerError(body) });
        return;
      case messageType.notice:
        this.#events.push({ kind: "notice", notice: toServerNotice(body) });
        return;
      default:
        this.#copyMessage(type);
    }
  }

  /** Types that are not named here, such as changed settings, do not matter. */
  #copyMessage(type: number): void {
    if (type === messageType.copyOut) this.#events.push({ kind: "copyOut" });
    else if (type === messageType.copyIn) this.#events.push({ kind: "copyIn" });
    else if (type === messageType.copyBoth) this.#events.push({ kind: "copyBoth" });
    else if (type === messageType.copyDone) this.#events.push({ kind: "copyDone" });
  }

  #endResult(): void {
    if (this.#columns === null) return;
    this.#events.push({ kind: "result", result: { columns: this.#columns, rows: this.#rows } });
    this.#columns = null;
    this.#rows = [];
  }

  #received(chunk: Buffer): void {
    if (this.#isClosing) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#broken ??= error instanceof SkytoolsError ? error : lost(String(error));
      this.#socket.destroy();
    }
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#socket.pause();
    this.#wake?.();
  }

  async #wait(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = waitMs === Infinity ? (): void => undefined : callAfter(waitMs, () => this.#wake?.());
      this.#wake = (): void => {
        this.#wake = null;
        cancel();
        resolve();
      };
    });
  }

  #write(bytes: Buffer): void {
    this.#requireOpen();
    this.#socket.write(bytes);
  }

  #requireOpen(): void {
    if (this.#broken !== null) throw this.#broken;
  }

  #break(reason: string): void {
    this.#broken ??= lost(reason);
    this.#wake?.();
  }
}

function lost(reason: string): PostgresError {
  return new PostgresError("CONNECTION_LOST", `the replication connection broke: ${reason}`, {
    hint: "connect again; the server's log says why it ended",
  });
}
