// CRC-32C (Castagnoli), as PostgreSQL uses it in manifests, WAL records and pg_control.
import { wasmCrc } from "./crc32c-wasm.ts";

const POLYNOMIAL = 0x82f63b78;

/** From this length on a call of the compiled loop pays. */
const LONG_BYTES = 256;

const tables = makeTables();
let longCrc: ReturnType<typeof wasmCrc> | undefined;

function makeTables(): Int32Array {
  const table = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let slice = 1; slice < 16; slice += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const before = table[(slice - 1) * 256 + byte] as number;
      table[slice * 256 + byte] = (before >>> 8) ^ (table[before & 0xff] as number);
    }
  }
  return table;
}

/** Goes on from an earlier result; begin with 0. The result is an unsigned number of 32 bits. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  if (bytes.length >= LONG_BYTES) {
    longCrc = longCrc === undefined ? wasmCrc(tables) : longCrc;
    if (longCrc !== null) return ~longCrc(bytes, ~before) >>> 0;
  }
  return ~plainCrc(bytes, ~before) >>> 0;
}

function plainCrc(bytes: Uint8Array, before: number): number {
  let crc = before;
  let at = 0;
  const length = bytes.length;
  // Sixteen bytes a turn, one table each: the loads do not wait for each other.
  for (const end = length - 15; at < end; at += 16) {
    const first = crc ^ word(bytes, at);
    crc =
      look(15, first) ^
      look(14, first >>> 8) ^
      look(13, first >>> 16) ^
      look(12, first >>> 24) ^
      four(bytes, at + 4, 8) ^
      four(bytes, at + 8, 4) ^
      four(bytes, at + 12, 0);
  }
  for (; at < length; at += 1) crc = (crc >>> 8) ^ look(0, crc ^ (bytes[at] as number));
  return crc;
}

function look(slice: number, value: number): number {
  return tables[(slice << 8) | (value & 0xff)] as number;
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function four(bytes: Uint8Array, at: number, lowestSlice: number): number {
  return (
    look(lowestSlice + 3, bytes[at] as number) ^
    look(lowestSlice + 2, bytes[at + 1] as number) ^
    look(lowestSlice + 1, bytes[at + 2] as number) ^
    look(lowestSlice, bytes[at + 3] as number)
  );
}
