import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  asBuffer,
  bytesOf,
  type CompressionMethod,
  crc32c,
  createChecksum,
  decode,
  encode,
  expandLent,
  inBlocks,
  keyIdOf,
  mapInOrder,
  parseMainKey,
  parseMainKeys,
  readAll,
  splitCodedName,
  StreamChecksum,
} from "../../../src/walmgr/codec/index.ts";

const key = parseMainKey("11".repeat(32));
const otherKey = parseMainKey("22".repeat(32));

/** Bytes that compress somewhat; the same for the same seed. */
function sample(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = (state >>> 16) % (i % 1000 < 500 ? 4 : 256);
  }
  return bytes;
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("the CRC-32C of the digits 1 to 9 is the published one, and a manifest writes it lowest byte first", () => {
  const checksum = createChecksum("CRC32C");
  checksum.update(Buffer.from("1234"));
  checksum.update(Buffer.from("56789"));

  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(checksum.digest()).toBe("839206e3");
});

// Around the lengths from which on bytes are folded, whole blocks or not, and around the length of the library's buffer.
test.each([3_359, 3_360, 3_361, 3_376, 6_719, 200_003, 262_144, 262_145, 265_504, 600_001])(
  "the CRC-32C of %i bytes is that of their short pieces, which are computed in another way",
  (length) => {
    const bytes = sample(length);

    let inPieces = 0;
    for (let at = 0; at < bytes.length; at += 100) inPieces = crc32c(bytes.subarray(at, at + 100), inPieces);

    expect(crc32c(bytes)).toBe(inPieces);
  },
);

test.each([
  ["", "xxh64:ef46db3751d8e999"],
  ["Nobody inspects the spammish repetition", "xxh64:fbcea83c8a378bf1"],
])("the checksum of %j is its XXH64", async (text, expected) => {
  const checksum = await StreamChecksum.start();
  checksum.update(Buffer.from(text));

  expect(checksum.digest()).toBe(expected);
});

test("the checksum of a stream is the same however it is cut, and that of other bytes is another one", async () => {
  const bytes = sample(1_000_003);
  const checksumOf = async (all: Buffer, length: number): Promise<string> => {
    const checksum = await StreamChecksum.start();
    for await (const piece of pieces(all, length)) checksum.update(piece);
    return checksum.digest();
  };
  const damaged = Buffer.from(bytes);
  damaged[700_000] = 1 + damaged[700_000]!;

  const digests = await Promise.all([1000, 70_001, bytes.length].map((length) => checksumOf(bytes, length)));

  expect(new Set(digests).size).toBe(1);
  expect(await checksumOf(damaged, bytes.length)).not.toBe(digests[0]);
});

test("a CRC-32C made piece by piece is that of the whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, cut) => {
      const at = cut % (bytes.length + 1);
      expect(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at)))).toBe(crc32c(bytes));
    }),
  );
});

test("a SHA-256 checksum of a manifest is plain hex", () => {
  const checksum = createChecksum("SHA256");
  checksum.update(Buffer.from("abc"));

  expect(checksum.digest()).toBe(createHash("sha256").update("abc").digest("hex"));
});

const methods: readonly CompressionMethod[] = ["none", "gzip", "lz4", "zstd"];
const sizes = [0, 1, 70_000, 1024 * 1024, 3 * 1024 * 1024 + 17];

test.each(methods.flatMap((method) => sizes.map((size) => ({ method, size }))))(
  "$size bytes come back from $method, in the clear and encrypted",
  async ({ method, size }) => {
    const bytes = sample(size);

    for (const coding of [{ compression: method }, { compression: method, key }]) {
      const stored = await readAll(encode(pieces(bytes, 60_001), coding));
      const form = { compression: method, isEncrypted: "key" in coding };
      const plain = await readAll(decode(pieces(stored, 33_333), form, [otherKey, key]));

      expect(plain.equals(bytes)).toBe(true);
    }
  },
);

test.each([
  ["gzip", "gzip"],
  ["lz4", "lz4"],
  ["zstd", "zstd"],
] as const)("the program of %s reads what was compressed, and the other way round", async (method, program) => {
  const bytes = sample(2_500_000);
  const stored = await readAll(encode(pieces(bytes, 100_000), { compression: method }));
  const limits = { maxBuffer: 64 * 1024 * 1024 };

  const expanded = execFileSync(program, ["-d", "-c"], { input: stored, ...limits });
  const theirs = execFileSync(program, ["-c"], { input: bytes, ...limits });
  const read = await readAll(decode(pieces(theirs, 9_999), { compression: method, isEncrypted: false }, []));

  expect(expanded.equals(bytes)).toBe(true);
  expect(read.equals(bytes)).toBe(true);
});

test("lz4 frames with linked blocks and checksums are read", async () => {
  const bytes = sample(900_000, 7);
  const linked = execFileSync("lz4", ["-c", "-BD", "-B4", "-BX", "--content-size"], { input: bytes });

  const read = await readAll(decode(pieces(linked, 777), { compression: "lz4", isEncrypted: false }, []));

  expect(read.equals(bytes)).toBe(true);
});

test.each(["-BD", "-BI"])(
  "lz4 frames are expanded into the same memory for one who keeps nothing (%s)",
  async (blocks) => {
    const bytes = sample(900_000, 7);
    const stored = execFileSync("lz4", ["-c", blocks, "-B5"], { input: bytes });
    const memories = new Set<ArrayBufferLike>();
    const hash = createHash("sha256");

    for await (const piece of expandLent(pieces(stored, 40_000), "lz4")) {
      memories.add(piece.buffer);
      hash.update(piece);
    }

    expect(hash.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(memories.size).toBe(1);
  },
);

test.each(["gzip", "lz4", "zstd"] as const)("%s data that is cut off is refused", async (method) => {
  const stored = await readAll(encode(bytesOf(sample(200_000)), { compression: method }));

  const reading = readAll(
    decode(bytesOf(stored.subarray(0, stored.length - 9)), { compression: method, isEncrypted: false }, []),
  );

  await expect(reading).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });
});

test.each(["gzip", "lz4", "zstd"] as const)("other bytes are not taken for %s", async (method) => {
  const reading = readAll(
    decode(bytesOf("this is not compressed at all"), { compression: method, isEncrypted: false }, []),
  );

  await expect(reading).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });
});

test("an encrypted object needs its key, which it names without telling it", async () => {
  const stored = await readAll(encode(bytesOf("secret"), { compression: "none", key }));
  const form = { compression: "none", isEncrypted: true } as const;

  const wrong = readAll(decode(bytesOf(stored), form, [otherKey]));

  await expect(wrong).rejects.toMatchObject({ code: "ENCRYPTION_KEY" });
  expect(keyIdOf(stored)).toBe(key.id);
  expect(stored.includes("secret")).toBe(false);
  expect(JSON.stringify(key)).not.toContain("11111111");
});

test("the same bytes are encrypted to other bytes each time", async () => {
  const [one, two] = await Promise.all([1, 2].map(() => readAll(encode(bytesOf("x"), { compression: "none", key }))));

  expect(one!.equals(two!)).toBe(false);
});

test("any changed or missing byte of an encrypted object is noticed", async () => {
  const stored = await readAll(encode(bytesOf(sample(5000)), { compression: "none", key }));
  const form = { compression: "none", isEncrypted: true } as const;

  await fc.assert(
    fc.asyncProperty(fc.nat(stored.length - 1), fc.boolean(), async (at, isCut) => {
      const changed = isCut ? stored.subarray(0, at) : Buffer.from(stored);
      if (!isCut) changed[at]! ^= 1;
      await expect(readAll(decode(bytesOf(changed), form, [key]))).rejects.toMatchObject({ name: "SkytoolsError" });
    }),
    { numRuns: 60 },
  );
});

test("parts of an encrypted object cannot change places or be left out", async () => {
  const part = 4 * 1024 * 1024 + 16;
  const stored = await readAll(encode(pieces(sample(9_000_000), 1_000_000), { compression: "none", key }));
  const [head, first, second, last] = [
    stored.subarray(0, 128),
    stored.subarray(128, 128 + part),
    stored.subarray(128 + part, 128 + 2 * part),
    stored.subarray(128 + 2 * part),
  ];
  const form = { compression: "none", isEncrypted: true } as const;

  for (const parts of [
    [head, second, first, last],
    [head, first, last],
    [head, first, second],
  ]) {
    await expect(readAll(decode(bytesOf(...parts), form, [key]))).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });
  }
});

test.each(["", "abc", "zz".repeat(32), "11".repeat(31)])("%j is not taken for a key", (text) => {
  expect(() => parseMainKey(text)).toThrow(/32 bytes/);
});

test("a name tells how its object is stored", () => {
  expect(splitCodedName("base.tar.zst.enc")).toEqual({ plainName: "base.tar", compression: "zstd", isEncrypted: true });
  expect(splitCodedName("base.tar.gz")).toEqual({ plainName: "base.tar", compression: "gzip", isEncrypted: false });
  expect(splitCodedName("base.tar")).toEqual({ plainName: "base.tar", compression: "none", isEncrypted: false });
});

test("blocks hold the same bytes however they arrived", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 100 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 30 }),
      async (bytes, size, block) => {
        const blocks: Buffer[] = [];
        for await (const one of inBlocks(pieces(asBuffer(bytes), size), block)) blocks.push(one);

        expect(Buffer.concat(blocks).equals(asBuffer(bytes))).toBe(true);
        expect(blocks.slice(0, -1).every((one) => one.length === block)).toBe(true);
      },
    ),
  );
});

test("work on several items at once keeps their order, and an error comes out", async () => {
  const slowFirst = mapInOrder(pieces(Buffer.from([3, 2, 1]), 1), 3, async (item) => {
    for (let i = 0; i < item[0]!; i += 1) await Promise.resolve();
    return item[0];
  });
  const failing = mapInOrder(pieces(Buffer.from([1, 2]), 1), 2, (item) =>
    item[0] === 2 ? Promise.reject(new Error("two")) : Promise.resolve(item[0]),
  );

  expect(await collect(slowFirst)).toEqual([3, 2, 1]);
  await expect(collect(failing)).rejects.toThrow("two");
});

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

test("a key file may hold several keys, one a line: the first one writes", () => {
  const [first, second] = ["11".repeat(32), "22".repeat(32)];

  expect(parseMainKeys(`# new\n${first}\n\n${second}\n`).map(({ id }) => id)).toEqual([key.id, otherKey.id]);
  expect(parseMainKeys(`${first}\n`).map(({ id }) => id)).toEqual([key.id]);
  for (const text of ["", `${first}\nx\n`]) expect(() => parseMainKeys(text)).toThrow(/32 bytes/);
});
