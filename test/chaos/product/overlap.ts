// Which transactions of different workers were at work at the same time, told by what each saw of the other: no clock is
// asked, because clocks jump in a run.
import type { Done } from "./ledger.ts";

interface Work {
  readonly row: Done;
  readonly txid: bigint;
  readonly xmax: bigint;
  readonly open: ReadonlySet<string>;
}

/** Pairs of rows of different workers, of which each was written before the other one was committed. */
export function overlapping(done: readonly Done[]): [Done, Done][] {
  const works = firstOfEach(done);
  const pairs: [Done, Done][] = [];
  for (const [index, a] of works.entries()) {
    for (const b of works.slice(index + 1)) {
      if (a.row.worker !== b.row.worker && !sees(a, b) && !sees(b, a)) pairs.push([a.row, b.row]);
    }
  }
  return pairs;
}

/** The first row of each transaction. */
function firstOfEach(done: readonly Done[]): Work[] {
  const works = new Map<string, Work>();
  for (const row of done) {
    if (row.txid === null || row.seen === null || works.has(row.txid)) continue;
    const [, xmax = "0", open = ""] = row.seen.split(":");
    works.set(row.txid, { row, txid: BigInt(row.txid), xmax: BigInt(xmax), open: new Set(open.split(",")) });
  }
  return [...works.values()];
}

function sees({ xmax, open }: Work, other: Work): boolean {
  return other.txid < xmax && !open.has(String(other.txid));
}
