// What expire takes away beside backups and segments, in both layouts.
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { SkytoolsError } from "../../../src/errors/index.ts";
import {
  type BackupDescription,
  DESCRIPTION_FILE,
  folderOf,
  formatDescription,
} from "../../../src/walmgr/backup/index.ts";
import { bytesOf, encode, type MainKey, parseMainKey } from "../../../src/walmgr/codec/index.ts";
import { formatHistory, segmentStart } from "../../../src/walmgr/formats/index.ts";
import { type LayoutName, openRepository } from "../../../src/walmgr/repository/index.ts";
import { expire, type ExpireOptions } from "../../../src/walmgr/retention/index.ts";
import { RESERVE } from "../../../src/walmgr/retention/reserve.ts";
import { DirectoryStore } from "../../../src/walmgr/store/index.ts";
import { madeSegment, MADE_SEGMENT_BYTES, MADE_SYSTEM_ID } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const at = (segment: number): bigint => segmentStart(BigInt(segment), MADE_SEGMENT_BYTES);
const nameOf = (timeline: number, segment: number): string =>
  `${timeline.toString(16).padStart(8, "0")}${"0".repeat(8)}${segment.toString(16).padStart(8, "0")}`.toUpperCase();
const left = (...entries: readonly (readonly [timeline: number, segment: number])[]): string =>
  formatHistory(entries.map(([timeline, segment]) => ({ timeline, switchLsn: at(segment) + 100n, reason: "" })));

function description(
  set: string,
  timeline: number,
  segment: number,
  objects: BackupDescription["objects"] = [],
): Buffer {
  return formatDescription({
    ...{ set, type: "full", state: "done", parent: null, systemId: MADE_SYSTEM_ID, serverVersion: 180_000 },
    ...{ segmentBytes: MADE_SEGMENT_BYTES, from: "primary", label: "", startedMs: 1000, finishedMs: 2000, timeline },
    ...{ startLsn: at(segment), endLsn: at(segment) + 200n, hasDataChecksums: true, tablespaces: [], objects },
    ...{ plainBytes: 0, storedBytes: 0, fileCount: 0, error: null },
  });
}

/** 1 was left for 2 and, by another server, for 3; 3 for 4, which goes on. A younger 5 was left off 4 before its backup. */
async function filledRepository(path: string, layout: LayoutName, store = new DirectoryStore(path)) {
  const repository = openRepository({ store, clock: systemClock, layout });
  await repository.enroll({ systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 });
  const { wal } = repository;
  const put = (name: string) => wal.putSegment(name, () => [madeSegment(name)]);
  const begin = (name: string, segment: number) =>
    wal.putPartial(name, madeSegment(name), { writtenLsn: at(segment) + 300n, flushedLsn: at(segment) + 300n });
  for (const [timeline, segment] of [[1, 1], [2, 2], [3, 2], [4, 8], [4, 9]] as const) await put(nameOf(timeline, segment)); // prettier-ignore
  for (const [timeline, segment] of [[1, 2], [2, 3], [3, 3], [4, 10], [5, 5]] as const) await begin(nameOf(timeline, segment), segment); // prettier-ignore
  await wal.putHistory(2, left([1, 2]));
  await wal.putHistory(3, left([1, 2]));
  await wal.putHistory(4, left([1, 2], [3, 3]));
  await wal.putHistory(5, left([1, 2], [3, 3], [4, 5]));
  await wal.putOther(`${nameOf(1, 1)}.00000028.backup`, Buffer.from("old"));
  await wal.putOther(`${nameOf(4, 8)}.00000028.backup`, Buffer.from("new"));
  await wal.putOther(`${nameOf(2, 3)}.partial`, madeSegment(nameOf(2, 3)));
  for (const [set, timeline, segment] of [
    ["20260101-000000F", 1, 1],
    ["20260201-000000F", 4, 8],
  ] as const)
    // prettier-ignore
    await store.put(`${folderOf(set)}/${DESCRIPTION_FILE}`, [description(set, timeline, segment)]);
  return repository;
}

const filesOf = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9A-F]{8}/.test(entry.name) && !entry.name.endsWith(".json"))
    .map((entry) => entry.name)
    .sort();

function expireIn(
  repository: Awaited<ReturnType<typeof filledRepository>>,
  nowMs: number,
  more: Partial<ExpireOptions> = {},
) {
  const rules = { keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null };
  return expire({
    ...{ repository, rules: { ...rules, keepBackups: 1, keepMin: 1 }, keepWalDays: null, graceMs: 0, dryRun: false },
    clock: { ...systemClock, now: () => nowMs },
    ...more,
  });
}

test.each(["standard", "classic"] as const)(
  "%s: begun segments, labels and histories go with the timelines that no backup leads to, once they are a day old",
  async (layout) => {
    using folder = temporaryFolder();
    await using repository = await filledRepository(folder.path, layout);

    await expireIn(repository, Date.now());
    const young = filesOf(folder.path);
    await expireIn(repository, Date.now() + 25 * 3_600_000);

    // In the classic layout begun segments have no suffix.
    const begun = (name: string): string => (layout === "standard" ? `${name}.partial` : name);
    expect(young).toEqual(expect.arrayContaining(["00000002.history", begun(nameOf(1, 2)), begun(nameOf(5, 5))]));
    expect(filesOf(folder.path)).toEqual(
      [
        // 3 is on the way to 4; without 5 a recovery on 4 would not look for 6.
        ...["00000003.history", "00000004.history", "00000005.history"],
        ...[nameOf(4, 8), `${nameOf(4, 8)}.00000028.backup`, nameOf(4, 9), begun(nameOf(4, 10))],
      ].sort(),
    );
  },
);

test("a begun segment that was written today stays, whatever the backups say", async () => {
  using folder = temporaryFolder();
  await using repository = await filledRepository(folder.path, "classic");
  const [name, tomorrow] = [nameOf(5, 5), Date.now() + 25 * 3_600_000];
  utimesSync(join(folder.path, "logs.partial", name), tomorrow / 1000, tomorrow / 1000);

  await expireIn(repository, tomorrow);

  expect(filesOf(folder.path)).toContain(name);
});

/** A disk that has room again when the reserve is given up. */
class FullDisk extends DirectoryStore {
  isFull = false;

  override async put(...args: Parameters<DirectoryStore["put"]>): Promise<{ readonly sizeBytes: number }> {
    if (!this.isFull || (await this.stat(RESERVE)) === null) return await super.put(...args);
    throw new SkytoolsError("STORE_FAILED", "no space left");
  }
}

test("expire makes room on a full disk, where it could not take its leases", async () => {
  using folder = temporaryFolder();
  const store = new FullDisk(folder.path);
  await using repository = await filledRepository(folder.path, "standard", store);
  await expireIn(repository, Date.now());
  await store.put(`${folderOf("20260301-000000F")}/${DESCRIPTION_FILE}`, [description("20260301-000000F", 4, 9)]);
  store.isFull = true;

  const { removedBackups } = await expireIn(repository, Date.now());

  expect(removedBackups).toEqual(["20260201-000000F"]);
  expect(await store.stat(RESERVE)).not.toBeNull();
});

test("what was marked while the clock was a year ahead goes when it is right again, after the time of grace", async () => {
  using folder = temporaryFolder();
  await using repository = await filledRepository(folder.path, "standard");
  const [now, hour] = [Date.now(), 3_600_000];
  const removedAt = async (nowMs: number) =>
    (await expireIn(repository, nowMs, { graceMs: hour })).removedBackups.length;

  const ahead = await removedAt(now + 365 * 24 * hour);
  const right = await removedAt(now);
  const later = await removedAt(now + hour);

  expect([ahead, right, later]).toEqual([0, 0, 1]);
});

test("what an incremental backup was taken on stays, whose description cannot be read", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  await using repository = await filledRepository(folder.path, "standard", store);
  const put = (set: string, bytes: Buffer) => store.put(`${folderOf(set)}/${DESCRIPTION_FILE}`, [bytes]);
  await put("20260201-120000I", Buffer.from('{ "format": 99, "set": "20260201-120000I" }'));
  await put("20260301-000000F", description("20260301-000000F", 4, 9));

  const { removedBackups, verdicts } = await expireIn(repository, Date.now());

  expect(removedBackups).toEqual(["20260101-000000F"]);
  expect(verdicts.find(({ backup }) => backup.set === "20260201-000000F")?.reasons).toEqual([
    "may be needed by 20260201-120000I, which cannot be read",
  ]);
});

const [good, mistyped] = ["ab", "ac"].map((digits) => parseMainKey(digits.repeat(32))) as [MainKey, MainKey];

async function putEncrypted(store: DirectoryStore, set: string, segment: number, key: MainKey): Promise<void> {
  const coding = { compression: "none", isEncrypted: true } as const;
  const manifest = { name: "backup_manifest.enc", kind: "manifest", form: "whole", oid: null, ...coding } as const;
  await store.put(`${folderOf(set)}/${manifest.name}`, encode(bytesOf("{}"), { compression: "none", key }));
  const objects = [{ ...manifest, storedBytes: 0, checksum: "" }];
  await store.put(`${folderOf(set)}/${DESCRIPTION_FILE}`, [description(set, 4, segment, objects)]);
}

test.each([
  ["keeps the readable one", [good], []],
  ["is counted by who has both keys", [mistyped, good], ["20260301-000000F"]],
  ["is counted by who has none, as nobody asks for it", [], ["20260301-000000F"]],
])("a newer backup whose key is not given %s", async (_, keys, expected) => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  await using repository = await filledRepository(folder.path, "standard", store);
  await expireIn(repository, Date.now());
  await putEncrypted(store, "20260301-000000F", 8, good);
  await putEncrypted(store, "20260302-000000F", 9, mistyped);

  const { removedBackups } = await expireIn(repository, Date.now(), { keys });

  expect(removedBackups.filter((set) => set > "20260201-000000F")).toEqual(expected);
});

test("WAL of the recovery window goes on from the newest backup that can be read", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  await using repository = await filledRepository(folder.path, "standard", store);
  await putEncrypted(store, "20260301-000000F", 8, good);
  await putEncrypted(store, "20260302-000000F", 9, mistyped);
  const segments = [nameOf(4, 9), nameOf(4, 11)];
  await repository.wal.putSegment(nameOf(4, 11), () => [madeSegment(nameOf(4, 11))]);

  await expireIn(repository, Date.now(), { keys: [good], keepWalDays: 1 });

  expect(filesOf(folder.path)).toEqual(expect.arrayContaining(segments));
});
