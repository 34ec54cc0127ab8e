// The file of a segment that is being received: what is durable when.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { SegmentFile } from "../../../src/walmgr/receive/segment-file.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const SIZE = 1024 * 1024;
/** With it a write returns when the bytes are on the disk; the number is Linux's. */
const O_DSYNC = 0o10000;

/** Of each descriptor that this process has of the file. */
function flagsOf(path: string): number[] {
  const found: number[] = [];
  for (const descriptor of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`) !== path) continue;
      const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
      found.push(Number.parseInt(flags ?? "", 8));
    } catch {
      // That of the folder itself is closed by now.
    }
  }
  return found;
}

test.runIf(process.platform === "linux")("what is written to a synchronous file is durable at once", async () => {
  using folder = temporaryFolder();
  const path = folder.file("segment");

  const file = await SegmentFile.open(path, SIZE, { isSynchronous: true });
  const flags = flagsOf(path);
  await file.write([Buffer.from("one"), Buffer.from("two")], 100);
  await file.close();

  expect(flags.map((one) => one & O_DSYNC)).toEqual([O_DSYNC]);
  const bytes = readFileSync(path);
  expect([bytes.length, bytes.toString("latin1", 100, 106)]).toEqual([SIZE, "onetwo"]);
});

test("a file that is there keeps what it holds already", async () => {
  using folder = temporaryFolder();
  const path = folder.file("segment");
  for (const [isSynchronous, offset] of [
    [false, 0],
    [true, 3],
    [true, 6],
  ] as const) {
    const file = await SegmentFile.open(path, SIZE, { isSynchronous });
    await file.write([Buffer.from("wal")], offset);
    await file.sync();
    await file.close();
  }

  expect(readFileSync(path).toString("latin1", 0, 10)).toBe("walwalwal\0");
});
