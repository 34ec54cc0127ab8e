// The messages of the protocol's simple form that a replication connection uses: bytes to values and back.
import type { Notice } from "../notice.ts";
import { PostgresError } from "../postgres-error.ts";
import type { CommandResult, StandbyStatus } from "./types.ts";

/** First bytes of the server's messages. */
export const messageType = {
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyOut: 0x48, // H
  copyIn: 0x47, // G
  copyBoth: 0x57, // W
  rowDescription: 0x54, // T
  dataRow: 0x44, // D
  commandComplete: 0x43, // C
  readyForQuery: 0x5a, // Z
  error: 0x45, // E
  notice: 0x4e, // N
} as const;

/** 1 byte type, 4 bytes length that counts itself. */
export const HEADER_BYTES = 5;

export function message(type: string, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  bytes.write(type, 0, "latin1");
  bytes.writeInt32BE(body.length + 4, 1);
  body.copy(bytes, HEADER_BYTES);
  return bytes;
}

export function queryMessage(sql: string): Buffer {
  return message("Q", Buffer.from(`${sql}\0`, "utf8"));
}

export const copyDoneMessage = message("c", Buffer.alloc(0));
export const terminateMessage = message("X", Buffer.alloc(0));

/** The body of a standby status update. `now` in microseconds since 2000. */
export function statusBody(
  { writtenLsn, flushedLsn, appliedLsn, wantsReply = false }: StandbyStatus,
  now: bigint,
): Buffer {
  const body = Buffer.allocUnsafe(34);
  body.write("r", 0, "latin1");
  body.writeBigInt64BE(writtenLsn, 1);
  body.writeBigInt64BE(flushedLsn, 9);
  body.writeBigInt64BE(appliedLsn, 17);
  body.writeBigInt64BE(now, 25);
  body.writeUInt8(wantsReply ? 1 : 0, 33);
  return body;
}

export function readColumns(body: Buffer): string[] {
  const columns: string[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    const end = body.indexOf(0, at);
    columns.push(body.toString("utf8", at, end));
    at = end + 1 + 18;
  }
  return columns;
}

export function readRow(body: Buffer): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return values;
}

export function readCString(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString("utf8", 0, end < 0 ? body.length : end);
}

/** The fields of an error or notice, by their letters. */
export function readFields(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) break;
    fields.set(String.fromCharCode(body.readUInt8(at)), body.toString("utf8", at + 1, end));
    at = end + 1;
  }
  return fields;
}

export function toServerError(body: Buffer): PostgresError {
  const fields = readFields(body);
  const severity = fields.get("V") ?? fields.get("S") ?? null;
  const isLost = severity === "FATAL" || severity === "PANIC";
  return new PostgresError(isLost ? "CONNECTION_LOST" : "DATABASE", fields.get("M") ?? "error of the server", {
    details: {
      sqlstate: fields.get("C") ?? null,
      severity,
      detail: fields.get("D") ?? null,
      hint: fields.get("H") ?? null,
      context: fields.get("W") ?? null,
    },
  });
}

export function toServerNotice(body: Buffer): Notice {
  const fields = readFields(body);
  return {
    severity: fields.get("V") ?? fields.get("S") ?? "NOTICE",
    sqlstate: fields.get("C") ?? "00000",
    message: fields.get("M") ?? "",
    detail: fields.get("D") ?? null,
    hint: fields.get("H") ?? null,
  };
}

/** Text of one value by column name; null when there is no such column. */
export function textOf({ columns, rows }: CommandResult, name: string, row = 0): string | null {
  const index = columns.indexOf(name);
  return (index < 0 ? null : rows[row]?.[index])?.toString("utf8") ?? null;
}
