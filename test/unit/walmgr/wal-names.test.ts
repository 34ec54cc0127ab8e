import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkSegmentHeader,
  forkOf,
  formatHistory,
  formatLsn,
  parseHistory,
  parseLsn,
  parseSegmentName,
  parseWalFileName,
  segmentBefore,
  segmentName,
  segmentOf,
  segmentStart,
  timelineAt,
} from "../../../src/walmgr/index.ts";
import { MADE_SEGMENT_BYTES, MADE_SYSTEM_ID, madeSegment } from "../../harness/made-wal.ts";

const MB = 1024 * 1024;
const anyLsn = fc.bigInt({ min: 0n, max: 2n ** 62n });
const anySize = fc.integer({ min: 0, max: 10 }).map((power) => MB * 2 ** power);

describe("positions and names of WAL", () => {
  test("a position is read back from its text", () => {
    fc.assert(fc.property(anyLsn, (lsn) => parseLsn(formatLsn(lsn)) === lsn));
    expect(formatLsn(0x16b3748n)).toBe("0/16B3748");
    expect(formatLsn(2n ** 32n + 1n)).toBe("1/1");
  });

  test("a segment's name says timeline and number, for every segment size", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.bigInt({ min: 0n, max: 2n ** 31n }),
        anySize,
        (timeline, number, size) => {
          expect(parseSegmentName(segmentName({ timeline, number }, size), size)).toEqual({ timeline, number });
        },
      ),
    );
  });

  test.each([
    [1, 16 * MB, 0n, "000000010000000000000000"],
    [1, 16 * MB, 2n ** 32n - 1n, "0000000100000000000000FF"],
    [2, 16 * MB, 2n ** 32n, "000000020000000100000000"],
    [26, 1024 * MB, 3n * 2n ** 30n, "0000001A0000000000000003"],
    [1, MB, 2n ** 32n - 1n, "000000010000000000000FFF"],
  ])("timeline %i, size %i, position %i is in %s", (timeline, size, lsn, name) => {
    expect(segmentName({ timeline, number: segmentOf(lsn, size) }, size)).toBe(name);
  });

  test("an end on a boundary belongs to the segment before it", () => {
    expect(segmentOf(16n * 1024n * 1024n, 16 * MB)).toBe(1n);
    expect(segmentBefore(16n * 1024n * 1024n, 16 * MB)).toBe(0n);
    expect(segmentStart(1n, 16 * MB)).toBe(16n * 1024n * 1024n);
  });

  test.each([
    ["0000000100000000000000FF", "segment"],
    ["0000000100000000000000FF.partial", "partial"],
    ["0000000100000000000000FF.00000028.backup", "backup"],
    ["00000002.history", "history"],
    ["0000000100000000000000ff", undefined],
    ["../etc/passwd", undefined],
    ["", undefined],
  ])("%s is a %s", (name, kind) => {
    expect(parseWalFileName(name)?.kind).toBe(kind);
  });

  test("no text crashes the readers of names", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseWalFileName(text);
        expect(() => parseSegmentName(text, 16 * MB)).toThrow(expect.objectContaining({ code: "WRONG_USE" }));
      }),
    );
  });
});

describe("history of a timeline", () => {
  const text = "1\t0/3000128\tno recovery target specified\n2\t0/5000000\tbefore 2026-11-21\n";

  test("it is read and written as the server does", () => {
    const entries = parseHistory(text);

    expect(entries).toEqual([
      { timeline: 1, switchLsn: 0x3000128n, reason: "no recovery target specified" },
      { timeline: 2, switchLsn: 0x5000000n, reason: "before 2026-11-21" },
    ]);
    expect(formatHistory(entries)).toBe(text);
  });

  test("it tells the fork of an ancestor and who wrote a position", () => {
    const entries = parseHistory(text);

    expect(forkOf(entries, 2)).toBe(0x5000000n);
    expect(forkOf(entries, 7)).toBeNull();
    expect([0n, 0x3000127n, 0x3000128n, 0x5000000n].map((lsn) => timelineAt(entries, 3, lsn))).toEqual([1, 1, 2, 3]);
  });

  test.each(["x\n", "2\t0/1\t\n1\t0/2\t\n", "1\t0/5\ta\n2\t0/4\tb\n", "1\n"])("%j is refused", (bad) => {
    expect(() => parseHistory(bad)).toThrow(expect.objectContaining({ code: "WAL_INVALID" }));
  });
});

describe("header of a segment", () => {
  const name = "000000020000000000000005";
  const expected = { systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 };

  test("the right one passes", () => {
    expect(checkSegmentHeader(name, madeSegment(name), expected)).toMatchObject({ timeline: 2, pageLsn: 0x500000n });
  });

  test.each([
    ["another place", "000000020000000000000006", expected, /from 0\/500000/],
    ["an older timeline", "000000010000000000000005", expected, /timeline 2/],
    ["another cluster", name, { ...expected, systemId: 1n }, /cluster with system identifier 7/],
    ["another size", name, { ...expected, segmentBytes: 16 * MB }, /1048576 bytes, not 16777216/],
    ["another version", name, { ...expected, major: 15 }, /D118 is not that of PostgreSQL 15/],
  ])("one of %s is refused", (_, wrongName, wrong, message) => {
    expect(() => checkSegmentHeader(wrongName, madeSegment(name), wrong)).toThrow(
      expect.objectContaining({ code: "WAL_INVALID", message: expect.stringMatching(message) as unknown }),
    );
  });

  test("no bytes crash it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(() => checkSegmentHeader(name, Buffer.from(bytes), expected)).toThrow(
          expect.objectContaining({ code: "WAL_INVALID" }),
        );
      }),
    );
  });
});
