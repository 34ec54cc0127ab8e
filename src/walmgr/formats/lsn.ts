// Positions in the WAL: 64 bits, written as two hexadecimal halves. In code they are bigint.
export { formatLsn, parseLsn } from "../../postgres/index.ts";

export type Lsn = bigint;

/** Milliseconds since 1970 of the server's microseconds since 2000-01-01 UTC. */
export function fromServerTime(microseconds: bigint): number {
  return Number(microseconds) / 1000 + EPOCH_2000_MS;
}

/** ISO 8601 with the server's microseconds, of milliseconds with a fraction. */
export function formatMoment(ms: number): string {
  const micros = Math.round(ms * 1000);
  const rest = ((micros % 1000) + 1000) % 1000;
  return new Date((micros - rest) / 1000).toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

/** Milliseconds since 1970, with a fraction; NaN when it is no time that Date understands. */
export function parseMoment(text: string): number {
  const [, micros = ""] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  return Date.parse(text) + Number(micros.padEnd(3, "0")) / 1000;
}

const EPOCH_2000_MS = 946_684_800_000;
