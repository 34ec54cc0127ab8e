// Which segments recovery reads on the way to a timeline, and how far it comes.
import { describe, expect, test } from "vitest";
import { WalMap, type WalMapParts } from "../../../src/walmgr/wal-map/index.ts";

const SEGMENT = 1024 * 1024;
const at = (number: number, bytes = 0): bigint => BigInt(number * SEGMENT + bytes);
const numbers = (from: number, to: number): ReadonlySet<bigint> =>
  new Set(Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i)));

/** Timeline 2 leaves the first one in the middle of segment 4; the first one went on to the end of segment 9. */
function forked({ two, partials = [] }: { two?: ReadonlySet<bigint>; partials?: WalMapParts["partials"] }): WalMap {
  return new WalMap({
    segmentBytes: SEGMENT,
    segments: new Map([[1, numbers(1, 9)], ...(two === undefined ? [] : [[2, two] as const])]),
    histories: new Map([[2, [{ timeline: 1, switchLsn: at(4, 500), reason: "" }]]]),
    partials,
  });
}

const partial = (number: number, bytes: number, timeline = 2) => ({
  timeline,
  number: BigInt(number),
  flushedLsn: at(number, bytes),
});

describe("the way to a timeline that left an older one, which went on", () => {
  const from = { timeline: 1, lsn: at(2) };

  test("WAL of the older one beyond the fork is not on it", () => {
    const map = forked({ two: numbers(4, 5) });

    expect(map.reach(from, 2)).toEqual({ endLsn: at(6), timeline: 2, usesPartial: false });
    expect(map.reach(from, 1)).toEqual({ endLsn: at(10), timeline: 1, usesPartial: false });
  });

  test("a begun segment is read though the older one has a whole one of that number", () => {
    const ends = { timeline: 2, usesPartial: true };

    expect(forked({ two: numbers(4, 5), partials: [partial(6, 300)] }).reach(from, 2)).toEqual({
      endLsn: at(6, 300),
      ...ends,
    });
    expect(forked({ partials: [partial(4, 700)] }).reach(from, 2)).toEqual({ endLsn: at(4, 700), ...ends });
  });

  test("without WAL of its own it ends at the fork", () => {
    expect(forked({}).reach(from, 2)).toEqual({ endLsn: at(4, 500), timeline: 1, usesPartial: false });
  });
});
