// WAL that comes a second time, as after each new connection: from the start of the begun segment.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { layouts, openRepository } from "../../../src/walmgr/repository/index.ts";
import { ReceiveArea } from "../../../src/walmgr/receive/receive-area.ts";
import { WalWriter } from "../../../src/walmgr/receive/wal-writer.ts";
import { DirectoryStore } from "../../../src/walmgr/store/index.ts";
import { MADE_SEGMENT_BYTES, MADE_SYSTEM_ID, madeSegment } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const NAME = "000000010000000000000003";
const START = 3n * BigInt(MADE_SEGMENT_BYTES);
const FACTS = { systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 };

async function areaIn(path: string): Promise<ReceiveArea> {
  const store = new DirectoryStore(path);
  const local = openRepository({ store, clock: systemClock });
  await local.enroll(FACTS);
  return new ReceiveArea(local, store, layouts.standard);
}

/** A connection that brought so much and broke. */
async function receive(
  area: ReceiveArea,
  bytes: Buffer,
  onSegment: (name: string) => void = () => undefined,
): Promise<void> {
  const writer = new WalWriter({ area, expected: FACTS, isSynchronous: false, onSegment });
  writer.begin({ timeline: 1, lsn: START });
  try {
    await writer.write([{ kind: "wal", startLsn: START, data: bytes }]);
  } finally {
    await writer.close();
  }
}

test("a connection that broke early does not make less of what was durable before", async () => {
  using folder = temporaryFolder();
  const area = await areaIn(folder.path);
  const segment = madeSegment(NAME);

  await receive(area, segment.subarray(0, 100_000));
  await receive(area, segment.subarray(0, 1_000));
  const kept = await area.durableLsn(NAME);
  await receive(area, segment.subarray(0, 200_000));
  const more = await area.durableLsn(NAME);
  await receive(area, segment);

  expect([kept, more]).toEqual([START + 100_000n, START + 200_000n]);
  expect(readFileSync(area.spool.path(NAME)).equals(segment)).toBe(true);
});

test("other bytes for what was durable are refused, and change nothing", async () => {
  using folder = temporaryFolder();
  const area = await areaIn(folder.path);
  const [segment, other] = [madeSegment(NAME, 1), madeSegment(NAME, 2)];

  await receive(area, segment.subarray(0, 100_000));
  await expect(receive(area, other.subarray(0, 150_000))).rejects.toMatchObject({
    code: "WAL_DIFFERS",
    hint: expect.stringContaining("promoted to the same timeline") as unknown,
  });

  expect(await area.durableLsn(NAME)).toBe(START + 100_000n);
  const begun = readFileSync(join(folder.path, layouts.standard.partial(NAME)));
  expect(begun.subarray(0, 100_000).equals(segment.subarray(0, 100_000))).toBe(true);
  expect(begun.subarray(100_000).every((byte) => byte === 0)).toBe(true);
});

test("a segment that is complete goes its way, also when the disk has no room for the position behind it", async () => {
  using folder = temporaryFolder();
  const area = await areaIn(folder.path);
  mkdirSync(join(folder.path, "spool/position.json"), { recursive: true }); // nothing can be written there
  const complete: string[] = [];

  await expect(receive(area, madeSegment(NAME), (name) => complete.push(name))).rejects.toThrow("position.json");

  expect(complete).toEqual([NAME]);
  expect(await area.spool.segments()).toEqual([NAME]);
});
