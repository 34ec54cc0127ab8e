// A backup that fails, at whatever step: it does not count, leaves nothing behind, and harms no earlier one.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { listBackups } from "../../src/walmgr/backup/index.ts";
import { openRepository } from "../../src/walmgr/repository/index.ts";
import { DirectoryStore, type PutOptions, type StoreBody } from "../../src/walmgr/store/index.ts";
import { majors } from "../harness/database.ts";
import { startWalmgrSide, type TestRepository, type WalmgrSide } from "../harness/walmgr-side.ts";

/** A directory whose disk is full when certain objects are written, after so many bytes. */
class FailingStore extends DirectoryStore {
  failOn: (name: string) => boolean = () => false;
  failAfterBytes = 0;

  override async put(name: string, body: StoreBody, options?: PutOptions): Promise<{ readonly sizeBytes: number }> {
    return await super.put(name, this.failOn(name) ? this.#failing(body) : body, options);
  }

  async *#failing(body: StoreBody): AsyncGenerator<Uint8Array> {
    let left = this.failAfterBytes;
    for await (const piece of body) {
      left -= piece.length;
      if (left < 0) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      yield piece;
    }
  }
}

describe.each(majors())("PostgreSQL %i", (major) => {
  let side: WalmgrSide;
  let to: TestRepository;

  beforeAll(async () => {
    side = await startWalmgrSide({ major });
    to = side.repository();
    await to.backup();
  });
  afterAll(() => side[Symbol.asyncDispose]());

  async function objects(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { name } of to.repository.store.list("")) names.push(name);
    return names;
  }

  async function expectUnharmed(before: readonly string[]): Promise<void> {
    const backups = await listBackups(to.repository.store);
    const after = await objects();

    expect(backups.filter(({ state }) => state === "done")).toHaveLength(1);
    expect(backups.filter(({ state }) => state === "running")).toEqual([]);
    expect(after).toEqual(expect.arrayContaining([...before]));
    expect(after.filter((name) => /tar|backup_manifest/.test(name))).toHaveLength(2);
    expect(after.filter((name) => name.startsWith("lock/"))).toEqual([]);
  }

  test.each([
    ["before its first byte", /base\.tar$/, 0],
    ["in the middle of the data", /base\.tar$/, 9_000_000],
    ["at the manifest", /backup_manifest$/, 100],
    ["at the WAL", /wal\/.*[0-9A-F]{24}$/, 100],
  ])("a disk that is full %s ends the backup with what to do", async (_, pattern, bytes) => {
    const store = new FailingStore(to.path);
    const repository = openRepository({ store, clock: systemClock });
    const before = await objects();
    store.failOn = (name) => pattern.test(name);
    store.failAfterBytes = bytes;

    await expect(to.backup({ repositories: [repository] })).rejects.toMatchObject({ code: "STORE_FAILED" });

    await expectUnharmed(before);
  });

  test("a server that dies in the middle of a backup ends it", async () => {
    const before = await objects();
    let isKilled = false;
    const failing = to.backup({
      maxRateKilobytes: 4096,
      onProgress: () => {
        if (!isKilled) void side.cluster.halt("immediate");
        isKilled = true;
      },
    });

    await expect(failing).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONNECTION_LOST|DATABASE)$/) as unknown,
    });

    await side.cluster.halt("immediate");
    await side.cluster.start();
    await expectUnharmed(before);
  });

  test("WAL that does not arrive in time is a failure, whose message says who should have brought it", async () => {
    const before = await objects();

    await expect(to.backup({ wal: "wait", walTimeoutMs: 1_000 })).rejects.toMatchObject({
      code: "BACKUP_FAILED",
      hint: expect.stringMatching(/receive|archive_command/) as unknown,
    });

    await expectUnharmed(before);
  });

  test("a repository of another cluster is refused before anything is sent", async () => {
    await using other = await startWalmgrSide({ major });
    const before = await objects();

    await expect(other.repository().backup({ repositories: [to.repository] })).rejects.toMatchObject({
      code: "REPOSITORY_FOREIGN",
    });

    await expectUnharmed(before);
  });
});
