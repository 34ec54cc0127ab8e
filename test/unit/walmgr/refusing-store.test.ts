// A store that refuses an object before it has read a byte of it: whoever sends must not wait for ever for it to read.
import { expect, test } from "vitest";
import { ArchiveCheck } from "../../../src/walmgr/backup/archive-check.ts";
import { ArchiveSink } from "../../../src/walmgr/backup/archive-sink.ts";
import { putEverywhere } from "../../../src/walmgr/backup/write-object.ts";
import { ManifestCheck } from "../../../src/walmgr/formats/index.ts";
import { DirectoryStore } from "../../../src/walmgr/store/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const MEGABYTE = 1024 * 1024;

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let i = 0; i < count; i += 1) yield Buffer.alloc(MEGABYTE);
}

class Refusing extends DirectoryStore {
  override put(): Promise<never> {
    return Promise.reject(new Error("it is read-only"));
  }
}

test("of two stores one refuses: both puts end, and the other store has nothing under the name", async () => {
  using folder = temporaryFolder();
  const good = new DirectoryStore(folder.file("good"));

  const putting = putEverywhere([good, new Refusing(folder.file("bad"))], "x", megabytes(50));

  await expect(putting).rejects.toThrow("it is read-only");
  expect(await good.stat("x")).toBeNull();
});

test("an archive whose store refuses it while bytes wait ends with the reason", async () => {
  let refuse = (): void => undefined;
  const stored = new Promise<never>((_, reject) => (refuse = () => reject(new Error("it is read-only"))));
  const sink = new ArchiveSink(new ArchiveCheck(new ManifestCheck("NONE"), null, new Map()), "none", () => stored);
  const zeros = Buffer.alloc(4 * MEGABYTE);

  const slow = sink.write(zeros);
  refuse();
  await slow;

  expect(() => sink.write(zeros)).toThrow("it is read-only");
});
