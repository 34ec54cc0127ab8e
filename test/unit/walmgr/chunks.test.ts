// Archives in chunks: where they are cut, what chunks are called, and their way into repositories and back.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ArchivePart,
  CHUNK_BYTES,
  ChunkCutter,
  chunkObject,
  ChunkPool,
  type ChunkTotals,
  openChunks,
  parseChunkList,
  storeChunks,
} from "../../../src/walmgr/chunks/index.ts";
import { bytesOf, type Coding, inBlocks, parseMainKey, readAll } from "../../../src/walmgr/codec/index.ts";
import { makeTar } from "../../../src/walmgr/formats/index.ts";
import { DirectoryStore } from "../../../src/walmgr/store/index.ts";
import { seededChance } from "../../harness/chance.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const KEY = parseMainKey("5a".repeat(32));
const PLAIN: Coding = { compression: "none" };

/** Bytes that are like no others, the same for the same seed. */
function noise(length: number, seed: number): Buffer {
  const chance = seededChance(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.floor(chance.next() * 0xffffffff), at);
  return bytes;
}

interface File {
  readonly name: string;
  readonly bytes: Buffer;
}

const small = (count: number): File[] =>
  Array.from({ length: count }, (_, i) => ({ name: `base/1/${i}`, bytes: noise(1000 + (i % 7) * 500, i) }));
const large: readonly File[] = [
  { name: "base/1/large", bytes: noise(9_000_000, 1000) },
  { name: "base/1/middle", bytes: noise(100_000, 1001) },
];

function cut(tar: Buffer, pieceBytes = tar.length): readonly Buffer[] {
  const cutter = new ChunkCutter();
  const chunks: ArchivePart[] = [];
  for (let at = 0; at < tar.length; at += pieceBytes) {
    const lent = Buffer.from(tar.subarray(at, at + pieceBytes));
    chunks.push(...cutter.push(lent));
    lent.fill(0xff);
  }
  return [...chunks, ...cutter.finish()].map(({ bytes }) => bytes);
}

/** Bytes of chunks of the second that are not in the first. */
function newBytes(before: readonly File[], after: readonly File[]): number {
  const digest = (chunk: Buffer): string => createHash("sha1").update(chunk).digest("hex");
  const known = new Set(cut(makeTar(before)).map(digest));
  return cut(makeTar(after))
    .filter((chunk) => !known.has(digest(chunk)))
    .reduce((sum, { length }) => sum + length, 0);
}

test("chunks are the archive, whatever it is made of and however it comes in", () => {
  const file = fc.record({
    name: fc.stringMatching(/^[a-z]{1,20}$/),
    bytes: fc.oneof(fc.nat(3000), fc.integer({ min: 65_000, max: 66_000 })).map((length) => noise(length, length)),
  });
  fc.assert(
    fc.property(fc.array(file, { maxLength: 20 }), fc.integer({ min: 1, max: 200_000 }), (files, pieceBytes) => {
      const tar = makeTar(files);
      const chunks = cut(tar, Math.max(pieceBytes, 100));

      expect(Buffer.concat(chunks).equals(tar)).toBe(true);
      expect(chunks.map(({ length }) => length)).toEqual(cut(tar).map(({ length }) => length));
    }),
    { numRuns: 50 },
  );
});

test("an archive that is cut off loses none of its bytes", () => {
  const tar = makeTar([...small(3), ...large]);

  for (const length of [100, 512, 700, 5_000_000, tar.length - 1]) {
    expect(Buffer.concat(cut(tar.subarray(0, length), 4000)).length).toBe(length);
  }
});

test("no chunk is larger than 4 MB, and small files are gathered", () => {
  const chunks = cut(makeTar([...small(2000), ...large]));
  const sizes = chunks.map(({ length }) => length);

  expect(Math.max(...sizes)).toBe(CHUNK_BYTES);
  expect(chunks.length).toBeLessThan(60);
});

test("what changes around a file changes none of its chunks", () => {
  const files = [...small(500), ...large, ...small(500).map(({ name, bytes }) => ({ name: `${name}_x`, bytes }))];
  const total = makeTar(files).length;

  const inserted = newBytes(files, files.toSpliced(100, 0, { name: "base/1/new", bytes: noise(3000, 7) }));
  const removed = newBytes(files, files.toSpliced(20, 3));
  const changed = newBytes(files, files.with(300, { name: files[300]!.name, bytes: noise(50, 8) }));
  const page = Buffer.from(large[0]!.bytes);
  page.fill(1, 5_000_000, 5_008_192);
  const ofLarge = newBytes(files, files.with(500, { name: "base/1/large", bytes: page }));

  for (const bytes of [inserted, removed, changed]) expect(bytes).toBeLessThan(total / 20);
  expect(ofLarge).toBe(CHUNK_BYTES);
});

async function stored(stores: readonly DirectoryStore[], tar: Buffer, coding: Coding = PLAIN) {
  const totals: ChunkTotals = { count: 0, storedBytes: 0, addedBytes: 0 };
  const pool = await ChunkPool.open(stores);
  const list = await readAll(
    storeChunks(inBlocks(bytesOf(tar), 100_000), { pool, coding, parallel: 4, signal: undefined, totals }),
  );
  return { list, totals };
}

test.each<Coding>([
  { compression: "none" },
  { compression: "gzip" },
  { compression: "zstd", key: KEY },
  { compression: "none", key: KEY },
])("an archive comes back from its chunks: %j", async (coding) => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  const tar = makeTar([...small(100), ...large]);
  const keys = coding.key == null ? [] : [parseMainKey("77".repeat(32)), coding.key];

  const first = await stored([store], tar, coding);
  const again = await stored([store], tar, coding);
  const opened = await readAll(openChunks(store, bytesOf(first.list), keys));

  expect(opened.equals(tar)).toBe(true);
  expect(again.list.equals(first.list)).toBe(true);
  expect(again.totals).toEqual({ ...first.totals, addedBytes: 0 });
  expect(first.totals.addedBytes).toBe(first.totals.storedBytes);
});

test("each repository gets what it lacks, and the same chunk twice in an archive is stored once", async () => {
  using folder = temporaryFolder();
  const stores = ["a", "b"].map((name) => new DirectoryStore(folder.file(name)));
  const tar = makeTar([{ name: "zeros", bytes: Buffer.alloc(5 * CHUNK_BYTES) }, ...large]);
  const files = (name: string) =>
    readdirSync(folder.file(name), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  const one = await stored(stores.slice(0, 1), tar);
  const two = await stored(stores, tar);

  expect(files("b").map(({ name }) => name)).toEqual(files("a").map(({ name }) => name));
  expect(files("a")).toHaveLength(one.totals.count - 4);
  expect(two.totals.addedBytes).toBe(one.totals.addedBytes);
  for (const store of stores) {
    expect((await readAll(openChunks(store, bytesOf(one.list), []))).equals(tar)).toBe(true);
  }
});

test("the same file under another name, or with another time, gives the same chunks", () => {
  const [first] = large;
  const moved = [{ name: "base/2/elsewhere", bytes: first!.bytes }];

  expect(newBytes(large, moved)).toBeLessThan(3000);
});

test("names are the SHA-256 of the plain bytes; with a key nobody can tell them without it", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  const tar = makeTar([{ name: "one", bytes: noise(1000, 1) }]);
  const sum = createHash("sha256").update(tar).digest("hex");
  const other = parseMainKey("77".repeat(32));

  const names: string[] = [];
  for (const coding of [PLAIN, { ...PLAIN, key: KEY }, { ...PLAIN, key: other }]) {
    const { list } = await stored([store], tar, coding);
    for await (const part of parseChunkList(bytesOf(list))) if (!Buffer.isBuffer(part)) names.push(part.name);
  }

  expect(names[0]).toBe(sum);
  expect(new Set(names.map((name) => name.slice(0, 64))).size).toBe(3);
  expect(names.slice(1).every((name) => name.endsWith(".enc"))).toBe(true);
});

test("a chunk with other bytes than its name says is damaged, be they sound by themselves", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  const coding: Coding = { compression: "none", key: KEY };
  const { list } = await stored([store], makeTar(large), coding);
  const [first = "", second = "", third = ""] = list
    .toString()
    .split("\n")
    .filter((line) => !line.startsWith("="))
    .map((line) => chunkObject(line.slice(0, 68)));
  const read = () => readAll(openChunks(store, bytesOf(list), [KEY]));
  const bytes = readFileSync(join(folder.path, first));

  writeFileSync(join(folder.path, first), readFileSync(join(folder.path, second)));
  await expect(read()).rejects.toThrow(`${first} is damaged: its bytes are not those that it is named after`);
  writeFileSync(join(folder.path, first), bytes.subarray(0, -1));
  await expect(read()).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });
  writeFileSync(join(folder.path, first), bytes);
  rmSync(join(folder.path, third));
  await expect(read()).rejects.toMatchObject({ code: "STORE_OBJECT_MISSING" });
});

test.each([
  "x 1\n",
  `${"a".repeat(64)} 0\n`,
  `${"a".repeat(64)} 1`,
  `${"a".repeat(64)}/../x 1\n`,
  `${"a".repeat(64)} 9999999\n`,
  `${"a".repeat(64)} 1 1\n`,
  "\n",
  "= AAAA\n",
])("a list of chunks with the line %j is damaged", async (text) => {
  const read = async (): Promise<void> => {
    for await (const listed of parseChunkList(bytesOf(text))) expect(listed).toBeDefined();
  };

  await expect(read()).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });
});
