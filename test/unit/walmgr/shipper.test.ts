// Bringing WAL to several repositories, one of which cannot take it.
import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { silentLogger } from "../../../src/service/index.ts";
import { openRepository } from "../../../src/walmgr/repository/index.ts";
import { Shipper, Spool } from "../../../src/walmgr/spool/index.ts";
import { DirectoryStore } from "../../../src/walmgr/store/index.ts";
import { MADE_SEGMENT_BYTES, MADE_SYSTEM_ID } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

class FullDisk extends DirectoryStore {
  override put(): Promise<never> {
    return Promise.reject(new SkytoolsError("STORE_FAILED", "no space left on device"));
  }
}

test("who waits until everything is stored is told of a repository that cannot store it, when the others have it", async () => {
  using folder = temporaryFolder();
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const [full, good] = [new FullDisk(folder.file("full")), new DirectoryStore(folder.file("good"))];
  const repositories = [full, good].map((store) => openRepository({ store, clock }));
  const spool = Spool.received(new DirectoryStore(folder.path));
  const shipper = new Shipper({ spool, repositories, clock, log: silentLogger, onFatal: () => undefined });
  const stop = new AbortController();
  const facts = { systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 };
  const running = shipper.run(facts, stop.signal);
  shipper.addHistory(2, "1\t0/5000000\tno recovery target specified\n");

  await expect(shipper.idle(stop.signal)).rejects.toMatchObject({ code: "STORE_FAILED" });
  expect(await repositories[1]?.wal.histories()).toEqual([2]);
  stop.abort();
  await running;
});
