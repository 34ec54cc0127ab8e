// Archives that are stored as files: what lies where, and that the same archive comes out again.
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { reasonOf } from "../../../src/errors/index.ts";
import { formatMember, parseMembers, type StoredMember } from "../../../src/walmgr/backup/member-list.ts";
import { openObject } from "../../../src/walmgr/backup/open-object.ts";
import { writeFiles } from "../../../src/walmgr/backup/write-files.ts";
import type { BackupDescription, BackupObject } from "../../../src/walmgr/backup/index.ts";
import { bytesOf, readAll } from "../../../src/walmgr/codec/index.ts";
import { makeTarHeader, tarEnd, type TarMember, tarPadding } from "../../../src/walmgr/formats/index.ts";
import { DirectoryStore, type StoreBody } from "../../../src/walmgr/store/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const SET = "20260101-000000F";
const FOLDER = `backup/${SET}`;
const BACKUP = { set: SET } as BackupDescription;

type Entry = Pick<TarMember, "name" | "kind"> & { readonly bytes?: Buffer; readonly target?: string };

const LARGE = Buffer.alloc(3_000_001, 7);
const ENTRIES: readonly Entry[] = [
  { name: "backup_label", kind: "file", bytes: Buffer.from("START WAL LOCATION") },
  { name: "pg_wal", kind: "directory" },
  { name: "pg_wal/archive_status", kind: "directory" },
  { name: "base/1/1259", kind: "file", bytes: Buffer.alloc(8192, 1) },
  { name: "base/1/large", kind: "file", bytes: LARGE },
  { name: "base/1/empty", kind: "file", bytes: Buffer.alloc(0) },
  { name: "my notes.txt", kind: "file", bytes: Buffer.from("of a person") },
  { name: 'k\u00f6nig/\u201e\\"x', kind: "file", bytes: Buffer.from("odd") },
  { name: "left.tmp", kind: "file", bytes: Buffer.from("foreign") },
  { name: "pg_tblspc/16384", kind: "symlink", target: "/srv/space" },
  { name: "global/pg_control", kind: "file", bytes: Buffer.alloc(8192, 2) },
];

function tarOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ name, kind, bytes = Buffer.alloc(0), target = "" }, i) => {
    const mode = kind === "directory" ? 0o750 : 0o640;
    const member: TarMember = { name, kind, mode, target, sizeBytes: bytes.length, modifiedSeconds: 1_700_000_000 + i };
    return [makeTarHeader(member), bytes, Buffer.alloc(tarPadding(bytes.length))];
  });
  return Buffer.concat([...parts, tarEnd()]);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const plan = { folder: FOLDER, name: "base.tar", oid: null, parallel: 4 };
const read = async (store: DirectoryStore, object: BackupObject): Promise<Buffer> =>
  await readAll(await openObject(store, BACKUP, object, []));
const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));

test.each([
  { parallel: 1, pieces: 512 },
  { parallel: 4, pieces: 100_001 },
  { parallel: 64, pieces: 7_000_000 },
])("an archive is the same again when $parallel files are sent at once, in pieces of $pieces bytes", async (how) => {
  using folder = temporaryFolder();
  const [one, two] = [new DirectoryStore(folder.file("one")), new DirectoryStore(folder.file("two"))];
  const tar = tarOf(ENTRIES);

  const object = await writeFiles([one, two], { ...plan, parallel: how.parallel }, inPieces(tar, how.pieces));

  expect(object).toMatchObject({ name: "base.members", form: "files", kind: "archive", isEncrypted: false });
  expect(object.fileBytes).toBe(ENTRIES.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0));
  for (const store of [one, two]) expect((await read(store, object)).equals(tar)).toBe(true);
});

test("files lie as in a data directory; those with names that no store takes lie aside, and the list says where", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);

  await writeFiles([store], plan, inPieces(tarOf(ENTRIES), 9_999));
  await writeFiles([store], { ...plan, name: "16384.tar", oid: "16384" }, inPieces(tarOf(ENTRIES.slice(3, 5)), 9_999));

  const place = folder.file(FOLDER);
  expect(filesBelow(place).sort()).toEqual([
    "16384.members",
    "base.members",
    ...["backup_label", "base/1/1259", "base/1/empty", "base/1/large", "global/pg_control"].map(
      (name) => `data/${name}`,
    ),
    ...["1259", "large"].map((name) => `data/pg_tblspc/16384/base/1/${name}`),
    ...["other/base-5", "other/base-6", "other/base-7"],
  ]);
  expect(readFileSync(join(place, "data/base/1/large")).equals(LARGE)).toBe(true);
  expect(readFileSync(join(place, "other/base-5"), "utf8")).toBe("of a person");
  const lines = readFileSync(join(place, "base.members"), "utf8").split("\n");
  expect(lines[1]).toBe('{"kind":"directory","name":"pg_wal","mode":"750","modified":1700000001}');
  expect(lines[5]).toBe(
    '{"kind":"file","name":"base/1/empty","mode":"640","modified":1700000005,"size":0,"checksum":"xxh64:ef46db3751d8e999"}',
  );
});

test("what the server has compressed is stored as it was before", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  const tar = tarOf(ENTRIES);

  const object = await writeFiles([store], { ...plan, arrivesAs: "gzip" }, inPieces(gzipSync(tar), 1_000));

  expect((await read(store, object)).equals(tar)).toBe(true);
});

test("a file that is missing, cut or longer is damage, and so is a list that is cut anywhere", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  const object = await writeFiles([store], plan, inPieces(tarOf(ENTRIES), 99_999));
  const [small, large] = ["base/1/1259", "base/1/large"].map((name) => folder.file(`${FOLDER}/data/${name}`)) as [
    string,
    string,
  ];
  const kept = [readFileSync(small), readFileSync(large)] as const;
  const wrong = async (): Promise<string> =>
    await read(store, object).then(
      () => "read",
      (error: unknown) => reasonOf(error),
    );

  truncateSync(small, 8191);
  expect(await wrong()).toBe(`${FOLDER}/data/base/1/1259 has 8191 bytes instead of 8192`);
  writeFileSync(small, Buffer.alloc(1_000_000));
  expect(await wrong()).toBe(`${FOLDER}/data/base/1/1259 has more than 8192 bytes`);
  writeFileSync(small, kept[0]);
  truncateSync(large, 2_000_000);
  expect(await wrong()).toBe(`${FOLDER}/data/base/1/large has 2000000 bytes instead of ${LARGE.length}`);
  await store.delete([`${FOLDER}/data/base/1/large`]);
  expect(await wrong()).toContain(`there is no ${FOLDER}/data/base/1/large`);
  writeFileSync(large, kept[1]);
  const list = folder.file(`${FOLDER}/base.members`);
  truncateSync(list, statSync(list).size - 1);
  expect(await wrong()).toBe(`the list ${FOLDER}/base.members of files cannot be read: its last line is cut off`);
});

/** Refuses one file, while others are on their way. */
class FullAt extends DirectoryStore {
  underWay = 0;
  readonly #name: string;

  constructor(path: string, name: string) {
    super(path);
    this.#name = name;
  }

  override async put(name: string, body: StoreBody): Promise<{ readonly sizeBytes: number }> {
    this.underWay += 1;
    try {
      if (name.endsWith(this.#name)) throw new Error("no space left");
      return await super.put(name, body);
    } finally {
      this.underWay -= 1;
    }
  }
}

test.each(["data/backup_label", "data/base/1/large", "data/global/pg_control", "base.members"])(
  "when %s cannot be stored it ends with the reason, and nothing is written any more",
  async (name) => {
    using folder = temporaryFolder();
    const stores = [new DirectoryStore(folder.file("good")), new FullAt(folder.file("full"), name)] as const;

    await expect(writeFiles(stores, plan, inPieces(tarOf(ENTRIES), 9_999))).rejects.toThrow("no space left");

    expect(stores[1].underWay).toBe(0);
    expect(filesBelow(folder.path).filter((one) => one.endsWith(".tmp"))).toEqual([]);
  },
);

test("an archive that ends in the middle of a file is refused", async () => {
  using folder = temporaryFolder();
  const cut = tarOf(ENTRIES).subarray(0, 1_000_000);

  await expect(writeFiles([new DirectoryStore(folder.path)], plan, inPieces(cut, 9_999))).rejects.toMatchObject({
    code: "ARCHIVE_INVALID",
  });
});

test("an archive without members comes out empty", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);

  const object = await writeFiles([store], plan, bytesOf(tarEnd()));

  expect((await read(store, object)).equals(tarEnd())).toBe(true);
});

test("what a list says is read back, and no text makes the reader do anything but refuse it", () => {
  const names = fc
    .string({ unit: "binary", minLength: 1, maxLength: 40 })
    .map((text) => `x${text.replaceAll(/[\0/]/g, "_")}`);
  const member = fc.record({ name: names, mode: fc.nat(0o7777), sizeBytes: fc.nat(), modifiedSeconds: fc.nat() });
  fc.assert(
    fc.property(fc.array(member), (members) => {
      const stored = members.map((one, i): StoredMember => ({
        ...one,
        kind: "file",
        target: "",
        object: `other/base-${i}`,
        checksum: "xxh64:0",
      }));
      const bytes = Buffer.from(stored.map((one) => formatMember(null, one)).join(""));
      expect([...parseMembers(bytes, null, "list")]).toEqual(stored);
    }),
  );
  for (const line of [
    "null",
    "{}",
    "[]",
    "x",
    "",
    '{"kind":"file","name":"../x","mode":"600","modified":0,"checksum":"y"}',
  ]) {
    expect(() => [...parseMembers(Buffer.from(`${line}\n`), null, "list")]).toThrow(
      "the list list of files cannot be read",
    );
  }
  const away =
    '{"kind":"file","name":"x","mode":"600","modified":0,"size":0,"checksum":"y","object":"../../repo.json"}\n';
  expect(() => [...parseMembers(Buffer.from(away), null, "list")]).toThrow("the list list of files cannot be read");
});
