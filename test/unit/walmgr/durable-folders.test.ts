// What is durable lies in folders that are: each new one is synced into the one above it.
import { readlinkSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { writePartial } from "../../../src/walmgr/classic/index.ts";
import { DirectoryStore, openRepository } from "../../../src/walmgr/index.ts";
import { SegmentFile } from "../../../src/walmgr/receive/segment-file.ts";
import { madeSegment, MADE_SEGMENT_BYTES, MADE_SYSTEM_ID } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const FIVE = "000000010000000000000005";
const SIX = "000000010000000000000006";
const FACTS = { systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 };

interface Handle {
  sync: (this: FileHandle) => Promise<void>;
}

/** What all file handles inherit their methods from. */
const handles = await (async (): Promise<Handle> => {
  const handle = await open(import.meta.filename, "r");
  await handle.close();
  return Object.getPrototypeOf(handle) as Handle;
})();
const { sync } = handles;

afterEach(() => Object.assign(handles, { sync }));

/** What is synced from now on. */
function watchSyncs(): ReadonlySet<string> {
  const paths = new Set<string>();
  handles.sync = function () {
    paths.add(readlinkSync(`/proc/self/fd/${this.fd}`));
    return sync.call(this);
  };
  return paths;
}

/** The folders above a file, up to one that was there. */
function foldersOf(path: string, top: string): readonly string[] {
  const parts = relative(top, dirname(path)).split("/");
  return [top, ...parts.map((_, i) => join(top, ...parts.slice(0, i + 1)))];
}

test.skipIf(process.platform !== "linux")("a stored segment, a linked one, a begun one, an old walmgr's", async () => {
  using folder = temporaryFolder();
  const synced = watchSyncs();

  const stored = new DirectoryStore(folder.file("stored"));
  const storing = openRepository({ store: stored, clock: systemClock });
  await storing.enroll(FACTS);
  await storing.wal.putSegment(FIVE, () => [madeSegment(FIVE)]);
  const linked = new DirectoryStore(folder.file("linked"));
  const linking = openRepository({ store: linked, clock: systemClock });
  await linking.enroll(FACTS);
  writeFileSync(folder.file("six"), madeSegment(SIX));
  await linking.wal.adoptSegment(SIX, folder.file("six"));
  const begun = folder.file("a/b/begun");
  await (await SegmentFile.open(begun, MADE_SEGMENT_BYTES, { isSynchronous: true })).close();
  const old = { folder: folder.file("old/partial"), name: FIVE, offset: 0, bytes: Buffer.from("x") };
  await writePartial(old);

  const files = [
    stored.fileOf((await storing.wal.find(FIVE))?.object ?? ""),
    linked.fileOf((await linking.wal.find(SIX))?.object ?? ""),
    begun,
    join(old.folder, FIVE),
  ];
  for (const file of files) expect([...synced]).toEqual(expect.arrayContaining([...foldersOf(file, folder.path)]));
});
