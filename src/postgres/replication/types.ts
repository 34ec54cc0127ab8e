// A replication connection: a session of the walsender, for the physical stream of WAL and for base backups. It takes
// simple commands only. Positions are bigint.
import type { Notice } from "../notice.ts";

export interface SystemIdentity {
  /** Unique for each initdb. */
  readonly systemId: bigint;
  readonly timeline: number;
  /** Where the WAL of the server is flushed to; on a standby: received or replayed. */
  readonly flushLsn: bigint;
}

export interface ReplicationSlot {
  readonly type: string;
  /** Null: nothing is reserved, or the slot has lost its WAL. */
  readonly restartLsn: bigint | null;
  readonly restartTimeline: number | null;
}

/** A row of a simple command; a value is null or the server's text, by name of the column. */
export type TextRow = Readonly<Record<string, string | null>>;

export interface TimelineHistory {
  readonly fileName: string;
  /** The file's bytes. */
  readonly content: Buffer;
}

/** One result set of a command. */
export interface CommandResult {
  readonly columns: readonly string[];
  /** Bytes as the server sent them; null for null. */
  readonly rows: readonly (readonly (Buffer | null)[])[];
}

/**
 * What a command sends, in the order of the protocol. `copyData` is a slice of the body of one CopyData message, as it
 * came from the socket: a long message comes as several slices, of which the first has `isFirst` and the last `isLast`.
 * The bytes are the receiver's to keep.
 */
export type CommandEvent =
  | { readonly kind: "result"; readonly result: CommandResult }
  | { readonly kind: "copyOut" | "copyIn" | "copyBoth" }
  | { readonly kind: "copyData"; readonly data: Buffer; readonly isFirst: boolean; readonly isLast: boolean }
  | { readonly kind: "copyDone" }
  | { readonly kind: "complete"; readonly tag: string }
  | { readonly kind: "notice"; readonly notice: Notice };

export interface SlotOptions {
  /** Gone with the connection. */
  readonly temporary?: boolean;
  /** WAL is kept from now on, not only from the first use. */
  readonly reserveWal?: boolean;
}

export interface WalStreamOptions {
  /** Where to begin: the start of a segment. */
  readonly startLsn: bigint;
  readonly timeline: number;
  readonly slot?: string | null;
}

/** Positions are those of the last byte plus one. */
export interface StandbyStatus {
  readonly writtenLsn: bigint;
  /** Never more than is durable: the server may throw away what comes before. */
  readonly flushedLsn: bigint;
  /** 0n: nothing is applied here. */
  readonly appliedLsn: bigint;
  /** The server is to answer at once. */
  readonly wantsReply?: boolean;
}

/** WAL bytes; `data` is a slice of a message, so pieces follow each other without gaps but are cut anywhere. */
export interface WalPiece {
  readonly kind: "wal";
  readonly startLsn: bigint;
  readonly data: Buffer;
}

export interface WalKeepalive {
  readonly kind: "keepalive";
  /** End of the server's WAL. */
  readonly serverLsn: bigint;
  readonly serverTimeMs: number;
  readonly wantsReply: boolean;
}

/** Where the timeline that was asked for ends. */
export interface TimelineEnd {
  readonly nextTimeline: number;
  readonly nextStartLsn: bigint;
}
