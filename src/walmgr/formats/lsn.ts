// Positions in the WAL: 64 bits, written as two hexadecimal halves. In code they are bigint.
export { formatLsn, parseLsn } from "../../postgres/index.ts";

export type Lsn = bigint;

/** Milliseconds since 1970 of the server's microseconds since 2000-01-01 UTC. */
export function fromServerTime(microseconds: bigint): number {
  return Number(microseconds) / 1000 + EPOCH_2000_MS;
}

const EPOCH_2000_MS = 946_684_800_000;
