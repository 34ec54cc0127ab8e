// The text form of a transaction snapshot, xmin:xmax:list. Never compare those of two servers.
import { SkytoolsError } from "../errors/index.ts";

/** True when the transaction had ended, one way or the other, as the snapshot was taken. @throws WRONG_USE */
export function snapshotContains(snapshot: string, txid: bigint): boolean {
  const matched = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/.exec(snapshot);
  if (matched?.[1] === undefined || matched[2] === undefined) {
    throw new SkytoolsError("WRONG_USE", `"${snapshot}" is not a snapshot`);
  }
  if (txid < BigInt(matched[1])) return true;
  return txid < BigInt(matched[2]) && !(matched[3] ?? "").split(",").includes(String(txid));
}
