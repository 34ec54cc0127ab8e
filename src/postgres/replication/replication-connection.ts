// A session of the walsender. One command at a time; the connection is busy until its stream has ended.
import { SkytoolsError } from "../../errors/index.ts";
import { connect, type Config, type ConnectOptions } from "../connect.ts";
import { mergeConninfo } from "../conninfo/conninfo.ts";
import { parseConninfo } from "../conninfo/parse.ts";
import type { ConnectionFacts } from "../connection.ts";
import { PostgresError } from "../postgres-error.ts";
import { quoteIdent } from "../quoting.ts";
import { Turnstile } from "../turnstile.ts";
import { Channel, type ChannelEvent } from "./channel.ts";
import { formatLsn, parseLsn } from "./lsn-text.ts";
import type {
  CommandEvent,
  CommandResult,
  ReplicationSlot,
  SlotOptions,
  SystemIdentity,
  TextRow,
  TimelineHistory,
  WalStreamOptions,
} from "./types.ts";
import { WalStream } from "./wal-stream.ts";

const UNDEFINED_OBJECT = "42704";
const UPLOAD_PIECE_BYTES = 64 * 1024;

/**
 * Opens a session of the walsender. The role needs the attribute REPLICATION, and pg_hba.conf a line for `replication`.
 * @throws CONNECTION_STRING, CONNECTION_FAILED, ABORTED
 */
export async function connectReplication(
  target: string | Config,
  options: ConnectOptions,
): Promise<ReplicationConnection> {
  const given = typeof target === "string" ? parseConninfo(target) : target;
  const connection = await connect(mergeConninfo({ replication: "true" }, given), options);
  return new ReplicationConnection(new Channel(connection.takeSocket()), connection.facts);
}

/** Closed by whoever opened it. */
export class ReplicationConnection implements AsyncDisposable {
  readonly facts: ConnectionFacts;
  /** A short command, or the start of a stream, that has no answer after so long: the connection is lost. */
  answerLimitMs = Infinity;
  readonly #channel: Channel;
  readonly #turnstile = new Turnstile();

  constructor(channel: Channel, facts: ConnectionFacts) {
    this.#channel = channel;
    this.facts = facts;
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** 14 to 18, and whatever comes after. */
  get major(): number {
    return Math.floor(this.facts.serverVersion / 10_000);
  }

  /** Runs a command that only answers with rows; gives those of its last result. @throws DATABASE, CONNECTION_LOST */
  async rows(command: string): Promise<readonly TextRow[]> {
    const { columns, rows } = await this.#result(command);
    return rows.map((row) =>
      Object.fromEntries(columns.map((name, i) => [name, row[i]?.toString("utf8") ?? null] as const)),
    );
  }

  async identifySystem(): Promise<SystemIdentity> {
    const [row] = await this.rows("IDENTIFY_SYSTEM");
    return {
      systemId: BigInt(needed(row, "systemid")),
      timeline: Number(needed(row, "timeline")),
      flushLsn: parseLsn(needed(row, "xlogpos")),
    };
  }

  /** The value of a setting as the server prints it: `16MB`, `on`. */
  async show(name: string): Promise<string> {
    const [row] = await this.rows(`SHOW ${quoteIdent(name)}`);
    const value = Object.values(row ?? {})[0];
    if (value === undefined || value === null) throw unexpected(`SHOW ${name} gave nothing`);
    return value;
  }

  /** Null for timeline 1, which has none, and for one that the server does not know. */
  async timelineHistory(timeline: number): Promise<TimelineHistory | null> {
    try {
      const { columns, rows } = await this.#result(`TIMELINE_HISTORY ${timeline}`);
      const [fileName, content] = [rows[0]?.[columns.indexOf("filename")], rows[0]?.[columns.indexOf("content")]];
      if (!fileName || !content) throw unexpected(`TIMELINE_HISTORY ${timeline} gave nothing`);
      return { fileName: fileName.toString("utf8"), content };
    } catch (error) {
      if (error instanceof PostgresError && error.sqlstate === "58P01") return null;
      throw error;
    }
  }

  /** @throws DATABASE 42710 when it exists */
  async createSlot(name: string, { temporary = false, reserveWal = false }: SlotOptions = {}): Promise<void> {
    const reserve = this.major < 15 ? "RESERVE_WAL" : "(RESERVE_WAL)";
    const words = [temporary ? "TEMPORARY" : null, "PHYSICAL", reserveWal ? reserve : null];
    await this.rows(`CREATE_REPLICATION_SLOT ${quoteSlot(name)} ${words.filter((word) => word !== null).join(" ")}`);
  }

  /** Null when there is no such slot. Servers before 15 cannot tell; there it throws DATABASE (0A000 or 42601). */
  async readSlot(name: string): Promise<ReplicationSlot | null> {
    const [row] = await this.rows(`READ_REPLICATION_SLOT ${quoteSlot(name)}`);
    const type = row?.["slot_type"] ?? null;
    if (type === null) return null;
    const [lsn, timeline] = [row?.["restart_lsn"] ?? null, row?.["restart_tli"] ?? null];
    return {
      type,
      restartLsn: lsn === null ? null : parseLsn(lsn),
      restartTimeline: timeline === null ? null : Number(timeline),
    };
  }

  /** Waits until it is free; one that is not there counts as dropped. */
  async dropSlot(name: string): Promise<void> {
    try {
      await this.rows(`DROP_REPLICATION_SLOT ${quoteSlot(name)} WAIT`);
    } catch (error) {
      if (!(error instanceof PostgresError) || error.sqlstate !== UNDEFINED_OBJECT) throw error;
    }
  }

  /**
   * Starts to stream WAL. The connection is busy until the stream has ended; a stream that is not read to its end needs
   * close().
   * @throws DATABASE, CONNECTION_LOST
   */
  async startWal({ startLsn, timeline, slot = null }: WalStreamOptions): Promise<WalStream> {
    const leave = await this.#turnstile.enter();
    const from = slot === null ? "" : `SLOT ${quoteSlot(slot)} `;
    try {
      this.#channel.query(`START_REPLICATION ${from}PHYSICAL ${formatLsn(startLsn)} TIMELINE ${timeline}`);
      const first = await this.#channel.takeWithin(this.answerLimitMs);
      await this.#throwError(first);
      const began = first.filter(({ kind }) => kind !== "copyBoth");
      return new WalStream(this.#channel, began, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /**
   * Runs any command and gives all that it sends, in pieces as they came from the socket; nothing more is read while a
   * piece is worked on. Leaving the loop early ends the connection.
   * @throws DATABASE after what came before the error, CONNECTION_LOST
   */
  events(command: string): AsyncGenerator<readonly CommandEvent[]> {
    return this.#events(command, Infinity);
  }

  async *#events(command: string, limitMs: number): AsyncGenerator<readonly CommandEvent[]> {
    const leave = await this.#turnstile.enter();
    let isOver = false;
    try {
      this.#channel.query(command);
      let error: SkytoolsError | null = null;
      while (!isOver) {
        const events: CommandEvent[] = [];
        for (const event of await this.#channel.takeWithin(limitMs)) {
          if (event.kind === "ready") isOver = true;
          else if (event.kind === "error") error ??= event.error;
          else events.push(event);
        }
        if (events.length > 0) yield events;
      }
      if (error !== null) throw error;
    } finally {
      if (!isOver) this.#channel.destroy();
      leave();
    }
  }

  /** Sends the manifest of the backup that an incremental one on this connection builds on (17 and newer). */
  async uploadManifest(manifest: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    for await (const events of this.events("UPLOAD_MANIFEST")) {
      if (!events.some(({ kind }) => kind === "copyIn")) continue;
      for await (const chunk of manifest) await this.#sendPieces(chunk);
      this.#channel.sendCopyDone();
    }
  }

  async #sendPieces(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += UPLOAD_PIECE_BYTES) {
      const piece = chunk.subarray(at, at + UPLOAD_PIECE_BYTES);
      const hasRoom = this.#channel.sendCopyData(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      if (!hasRoom) await this.#channel.drained();
    }
  }

  /** Ends the session; what runs is not waited for. May be called again. */
  close(): Promise<void> {
    return this.#channel.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #result(command: string): Promise<CommandResult> {
    let last: CommandResult = { columns: [], rows: [] };
    for await (const events of this.#events(command, this.answerLimitMs)) {
      for (const event of events) if (event.kind === "result") last = event.result;
    }
    return last;
  }

  /** An error of the command itself, not of the stream: waits until the connection takes commands again. */
  async #throwError(events: readonly ChannelEvent[]): Promise<void> {
    const failed = events.find((event) => event.kind === "error");
    if (failed === undefined) return;
    if (!events.some(({ kind }) => kind === "ready")) await this.#channel.untilReady();
    throw failed.error;
  }
}

/** The walsender's grammar takes identifiers in quotes. */
function quoteSlot(name: string): string {
  if (!/^[a-z0-9_]{1,63}$/.test(name)) {
    throw new SkytoolsError("WRONG_USE", `"${name}" cannot be the name of a replication slot`, {
      hint: "lower case letters, digits and underscores, up to 63",
    });
  }
  return `"${name}"`;
}

function needed(row: TextRow | undefined, name: string): string {
  const value = row?.[name];
  if (value === undefined || value === null) throw unexpected(`the answer has no ${name}`);
  return value;
}

function unexpected(what: string): SkytoolsError {
  return new SkytoolsError("REPLICATION_FAILED", `unexpected answer on a replication connection: ${what}`);
}
