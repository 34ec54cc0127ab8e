// Walking the records of made-up WAL: commits and restore points are found wherever pages and segments cut them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c } from "../../../src/walmgr/codec/index.ts";
import { WalWalker } from "../../../src/walmgr/formats/index.ts";
import { joinCut, walkBegun } from "../../../src/walmgr/repository/index.ts";
import { indexOf } from "../../../src/walmgr/repository/segment-index.ts";

const SEGMENT = 1024 * 1024;
const PAGE = 8192;
const START = BigInt(SEGMENT);
const EPOCH_MS = 946_684_800_000;

type Made =
  { readonly kind: "other"; readonly bytes: number } | { readonly kind: "commit" | "point"; readonly ms: number };

/** Records one after the other from the start of a segment on, with page headers between; 2 segments. */
function madeWal(records: readonly Made[]): Buffer {
  const wal = Buffer.alloc(2 * SEGMENT);
  let at = 0;
  let previous = 0n;
  const pageHeader = (remaining: number): void => {
    const isLong = at % SEGMENT === 0;
    wal.writeUInt16LE(0xd118, at);
    wal.writeUInt16LE((remaining > 0 ? 1 : 0) | (isLong ? 2 : 0), at + 2);
    wal.writeUInt32LE(1, at + 4);
    wal.writeBigUInt64LE(START + BigInt(at), at + 8);
    wal.writeUInt32LE(remaining, at + 16);
    if (isLong) wal.writeUInt32LE(SEGMENT, at + 32);
    if (isLong) wal.writeUInt32LE(PAGE, at + 36);
    at += isLong ? 40 : 24;
  };
  for (const made of records) {
    const record = recordOf(made, previous);
    if (at % PAGE === 0) pageHeader(0);
    previous = START + BigInt(at);
    for (let done = 0; done < record.length;) {
      if (at % PAGE === 0) pageHeader(record.length - done);
      const part = Math.min(record.length - done, PAGE - (at % PAGE));
      record.copy(wal, at, done, done + part);
      done += part;
      at += part;
    }
    at = (at + 7) & ~7;
  }
  if (at % PAGE === 0) pageHeader(0);
  return wal;
}

function recordOf(made: Made, previous: bigint): Buffer {
  const data = made.kind === "other" ? Buffer.alloc(made.bytes, 7) : Buffer.alloc(made.kind === "point" ? 72 : 8);
  if (made.kind !== "other") data.writeBigInt64LE(BigInt(made.ms - EPOCH_MS) * 1000n, 0);
  if (made.kind === "point") data.write(`at ${made.ms}`, 8);
  const short = data.length < 256;
  const record = Buffer.alloc(24 + (short ? 2 : 5) + data.length);
  record.writeUInt32LE(record.length, 0);
  record.writeUInt32LE(42, 4);
  record.writeBigUInt64LE(previous, 8);
  record[16] = made.kind === "point" ? 0x70 : 0;
  record[17] = { other: 10, commit: 1, point: 0 }[made.kind];
  record[24] = short ? 255 : 254;
  if (short) record[25] = data.length;
  else record.writeUInt32LE(data.length, 25);
  data.copy(record, short ? 26 : 29);
  record.writeUInt32LE(crc32c(record.subarray(0, 20), crc32c(record.subarray(24))), 20);
  return record;
}

const anyRecord: fc.Arbitrary<Made> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 60_000 }).map((bytes) => ({ kind: "other" as const, bytes })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("commit" as const, "point" as const),
      ms: fc.integer({ min: EPOCH_MS, max: EPOCH_MS + 1e12 }),
    }),
  },
);

describe("records of WAL", () => {
  test("all commits and restore points are found, in whatever pieces the bytes come", () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1500, max: 300_000 }),
        fc.boolean(),
        (records, step, isStrict) => {
          const wal = madeWal(records);
          const commits: number[] = [];
          const walker = new WalWalker({ startLsn: START, isStrict, onCommit: ({ timeMs }) => commits.push(timeMs) });
          for (let at = 0; at < wal.length; at += step) walker.push(wal.subarray(at, at + step));

          const ofKind = (kind: Made["kind"]) =>
            records.flatMap((one) => (one.kind === kind && "ms" in one ? [one.ms] : []));
          expect(commits).toEqual(ofKind("commit"));
          expect(walker.findings.restorePoints.map(({ name }) => name)).toEqual(
            ofKind("point").map((ms) => `at ${ms}`),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  test("a restore point that two segments share is put together from what is recorded of both", () => {
    const ms = EPOCH_MS + 1_000_000;
    const filler = SEGMENT - 40 - 127 * 24 - 29 - 24 - 50;
    const wal = madeWal([
      { kind: "other", bytes: filler },
      { kind: "point", ms },
    ]);
    const [first, second] = [new WalWalker({ startLsn: START }), new WalWalker({ startLsn: START + BigInt(SEGMENT) })];
    first.push(wal.subarray(0, SEGMENT));
    second.push(wal.subarray(SEGMENT));

    const found = joinCut(indexOf(first), indexOf(second), START + BigInt(SEGMENT));

    expect([first.findings.restorePoints, second.findings.restorePoints]).toEqual([[], []]);
    expect(found?.restorePoints).toMatchObject([{ name: `at ${ms}`, timeMs: ms }]);
  });

  test("a record whose bytes are not right is the end of the WAL", () => {
    const wal = madeWal([
      { kind: "commit", ms: EPOCH_MS + 1000 },
      { kind: "commit", ms: EPOCH_MS + 2000 },
    ]);
    const walker = new WalWalker({ startLsn: START, isStrict: true });
    wal[40 + 40 + 26]! ^= 1;
    walker.push(wal);

    expect(walker.findings.lastCommit?.timeMs).toBe(EPOCH_MS + 1000);
    expect(walker.findings.endLsn).toBe(START + 40n + 34n);
  });

  test("bytes that are no WAL say nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 3 * PAGE }), (bytes) => {
        const walker = new WalWalker({ startLsn: START });
        walker.push(bytes);
        expect(walker.findings.restorePoints).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

test("a segment is whole when records fill it, and begun up to the last record that is not torn", () => {
  const other = (bytes: number): Made => ({ kind: "other", bytes });
  const walk = (wal: Buffer) => walkBegun("000000010000000000000001", wal.subarray(0, SEGMENT), SEGMENT);
  const few = walk(madeWal([other(100), other(300)]));
  const torn = walk(madeWal([other(100), other(2 * SEGMENT - 40_000)]));
  const switched = madeWal([other(100), other(0)]);
  const at = Number(walk(switched).endLsn! - START) - 32;
  switched.writeUInt8(0x40, at + 16);
  switched.writeUInt8(0, at + 17);
  switched.writeUInt32LE(crc32c(switched.subarray(at, at + 20), crc32c(switched.subarray(at + 24, at + 26))), at + 20);

  expect(few).toMatchObject({ isWhole: false, endLsn: START + 40n + 128n + 336n });
  expect(torn).toMatchObject({ isWhole: false, endLsn: START + 40n + 128n });
  expect(torn.bytes.subarray(168).every((byte) => byte === 0)).toBe(true);
  expect(walk(switched).isWhole).toBe(true);
});
