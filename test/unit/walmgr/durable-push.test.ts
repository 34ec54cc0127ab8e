// archive-push says "stored" only when the disk has the bytes: every sync on the way is made to fail once.
import { writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { silentLogger } from "../../../src/service/index.ts";
import { PushSpool } from "../../../src/walmgr/archive/index.ts";
import { Spool } from "../../../src/walmgr/spool/index.ts";
import { DirectoryStore, openRepository, pushFile, type StoreRepository } from "../../../src/walmgr/index.ts";
import { madeSegment } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const FIVE = "000000010000000000000005";
const SIX = "000000010000000000000006";
const SEVEN = "000000010000000000000007";

type Sync = (this: FileHandle) => Promise<void>;

/** What all file handles inherit their methods from. */
const handles = await (async (): Promise<{ sync: Sync; datasync: Sync }> => {
  const handle = await open(import.meta.filename, "r");
  await handle.close();
  return Object.getPrototypeOf(handle) as { sync: Sync; datasync: Sync };
})();
const { sync, datasync } = handles;

afterEach(() => Object.assign(handles, { sync, datasync }));

/** Counts syncs from now on; that of this number fails. */
function countSyncs(failing = Infinity): { count: number } {
  const counter = { count: 0 };
  const counted = (real: Sync): Sync =>
    function () {
      counter.count += 1;
      if (counter.count === failing) return Promise.reject(Object.assign(new Error("disk"), { code: "EIO" }));
      return real.call(this);
    };
  Object.assign(handles, { sync: counted(sync), datasync: counted(datasync) });
  return counter;
}

async function prepared(path: string): Promise<StoreRepository> {
  const repository = openRepository({ store: new DirectoryStore(path), clock: systemClock });
  writeFileSync(`${path}.wal`, madeSegment(FIVE));
  await pushFile([repository], FIVE, `${path}.wal`);
  writeFileSync(`${path}.wal`, madeSegment(SIX));
  return repository;
}

test.each([1, 2, 3, 4])(
  "when sync number %i fails, the file is not called stored, and the next try stores it",
  async (number) => {
    using folder = temporaryFolder();
    const path = folder.file("repository");
    const repository = await prepared(path);

    countSyncs(number);
    const failed = pushFile([repository], SIX, `${path}.wal`);
    await expect(failed).rejects.toMatchObject({ code: "STORE_FAILED" });
    countSyncs();
    const again = await pushFile([repository], SIX, `${path}.wal`);

    expect(["stored", "present"]).toContain(again);
    expect((await repository.wal.find(SIX))?.name).toBe(SIX);
  },
);

test("a pushed file is synced, and so is its folder, and its record too", async () => {
  using folder = temporaryFolder();
  const path = folder.file("repository");
  const repository = await prepared(path);

  const counter = countSyncs();
  await pushFile([repository], SIX, `${path}.wal`);

  expect(counter.count).toBeGreaterThanOrEqual(4);
});

test.each([1, 2])("when sync number %i of a push into the spool fails, nobody answers for it yet", async (number) => {
  using folder = temporaryFolder();
  const path = folder.file("repository");
  const local = await prepared(path);
  const spool = Spool.pushed(new DirectoryStore(path));
  const pushes = new PushSpool({ repositories: [local], local, spool, clock: systemClock, log: silentLogger });
  writeFileSync(folder.file("first"), madeSegment(SEVEN));
  await pushes.push(SEVEN, folder.file("first"));

  countSyncs(number);
  await expect(pushes.push(SIX, `${path}.wal`)).rejects.toThrow();
  const counter = countSyncs();
  const again = await pushes.push(SIX, `${path}.wal`);

  expect(["stored", "present"]).toContain(again);
  expect(counter.count).toBeGreaterThanOrEqual(1);
  expect(await spool.names()).toEqual([SIX, SEVEN]);
});
