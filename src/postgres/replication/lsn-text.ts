// Positions as the walsender writes and reads them. (Segments and the rest are not known here.)
import { SkytoolsError } from "../../errors/index.ts";

export function parseLsn(text: string): bigint {
  const [, high, low] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text) ?? [];
  if (high === undefined || low === undefined) {
    throw new SkytoolsError("WRONG_USE", `"${text}" is not a position in the WAL`, { hint: "such as 0/16B3748" });
  }
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** `0/16B3748`, as the server writes it. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`;
}
