// The text form of a transaction snapshot (txid_snapshot), xmin:xmax:list. Never compare those of two servers.
import { SkytoolsError } from "../errors/index.ts";

interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

function parse(text: string): Snapshot {
  const matched = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text);
  if (matched?.[1] === undefined || matched[2] === undefined) {
    throw new SkytoolsError("WRONG_USE", `"${text}" is not a snapshot`);
  }
  const running = (matched[3] ?? "").split(",").filter((id) => id !== "");
  return { xmin: BigInt(matched[1]), xmax: BigInt(matched[2]), running: new Set(running.map(BigInt)) };
}

/** True when the transaction had ended, one way or the other, as the snapshot was taken. @throws WRONG_USE */
export function snapshotContains(snapshot: string, txid: bigint): boolean {
  return snapshotTest(snapshot)(txid);
}

/** The same for many transactions: the text is read once. @throws WRONG_USE */
export function snapshotTest(text: string): (txid: bigint) => boolean {
  const { xmin, xmax, running } = parse(text);
  return (txid) => txid < xmin || (txid < xmax && !running.has(txid));
}

/** Everything that `earlier` sees, `later` sees too. Both are of the same server. @throws WRONG_USE */
export function snapshotCovers(later: string, earlier: string): boolean {
  const big = parse(later);
  const small = parse(earlier);
  if (big.xmax < small.xmax) return false;
  return [...big.running].every((txid) => txid >= small.xmax || small.running.has(txid));
}
