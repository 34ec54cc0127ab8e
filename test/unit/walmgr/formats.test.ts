import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatManifest,
  formatTablespaceMap,
  incrementalTarget,
  makeTar,
  type Manifest,
  ManifestCheck,
  parseBackupLabel,
  parseControl,
  parseIncrementalHeader,
  parseManifest,
  parseTablespaceMap,
  resultBlocks,
  TarReader,
  withoutIncremental,
} from "../../../src/walmgr/formats/index.ts";
import { crc32c } from "../../../src/walmgr/codec/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

interface ReadFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The files of an archive that arrives in pieces of a size. */
function readTar(archive: Buffer, pieceBytes = archive.length): readonly ReadFile[] {
  const reader = new TarReader();
  const files: ReadFile[] = [];
  let parts: Buffer[] = [];
  for (let at = 0; at < archive.length; at += pieceBytes) {
    for (const event of reader.push(archive.subarray(at, at + pieceBytes))) {
      if (event.type === "member") parts = [];
      else if (event.type === "data") parts.push(event.bytes);
      else files.push({ name: event.member.name, bytes: Buffer.concat(parts) });
    }
  }
  reader.finish();
  return files;
}

const fileName = fc.stringMatching(/^[a-z0-9_]{1,20}(\/[a-z0-9_.]{1,10}x){0,2}$/);
const files = fc.uniqueArray(fc.record({ name: fileName, bytes: fc.uint8Array({ maxLength: 1500 }) }), {
  selector: ({ name }) => name,
  maxLength: 6,
});

test("files written to a tar archive are read back, however the archive is cut", () => {
  fc.assert(
    fc.property(files, fc.integer({ min: 1, max: 700 }), (inputs, pieceBytes) => {
      const read = readTar(makeTar(inputs), pieceBytes);

      expect(read).toEqual(inputs.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) })));
    }),
  );
});

test("the program tar reads our archives, and we read its", () => {
  using folder = temporaryFolder();
  const inputs = [
    { name: "postgresql.conf", bytes: Buffer.from("port = 1\n") },
    { name: "conf.d/a.conf", bytes: Buffer.alloc(5000, 7) },
  ];

  execFileSync("tar", ["xf", "-", "-C", folder.path], { input: makeTar(inputs) });
  const theirs = execFileSync("tar", ["cf", "-", "--format=ustar", "-C", folder.path, "conf.d", "postgresql.conf"]);

  expect(readFileSync(folder.file("postgresql.conf"), "utf8")).toBe("port = 1\n");
  expect(readTar(theirs).filter(({ bytes }) => bytes.length > 0)).toEqual([...inputs].reverse());
});

/** A header as tar writes it, for names that our writer would not make. */
function header(name: string, kind = "0", target = ""): Buffer {
  const block = makeTar([{ name: "x", bytes: Buffer.alloc(0) }]).subarray(0, 512);
  const changed = Buffer.from(block);
  changed.fill(0, 0, 100).write(name, 0);
  changed.write(kind, 156);
  changed.write(target, 157);
  changed.fill(" ", 148, 156);
  const sum = changed.reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return changed;
}

test.each([
  ["an absolute name", [header("/etc/passwd")]],
  ["a name that leads out", [header("base/../../x")]],
  ["a name that comes twice", [header("a"), header("./a")]],
  ["a name below a link", [header("pg_tblspc/1", "2", "/tmp"), header("pg_tblspc/1/x")]],
  ["a device", [header("dev", "3")]],
])("an archive with %s is refused", (_, blocks) => {
  expect(() => readTar(Buffer.concat(blocks))).toThrow(expect.objectContaining({ code: "ARCHIVE_INVALID" }));
});

test("an archive that is cut off or changed is refused", () => {
  const archive = makeTar([{ name: "a", bytes: Buffer.alloc(1000, 1) }]);
  const changed = Buffer.from(archive);
  changed[20]! ^= 1;

  expect(() => readTar(archive.subarray(0, 900))).toThrow(/ends in the middle/);
  expect(() => readTar(changed)).toThrow(/checksum/);
});

test("random bytes never make the tar reader do more than refuse them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (bytes) => {
      try {
        readTar(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: "ARCHIVE_INVALID" });
      }
    }),
  );
});

const manifest: Manifest = {
  version: 2,
  systemId: 7_574_839_372_946_264_065n,
  files: [
    {
      path: "backup_label",
      sizeBytes: 226,
      lastModified: "2026-11-20 23:44:57 GMT",
      algorithm: "CRC32C",
      checksum: "839206e3",
    },
    { path: 'base/5/a "b"', sizeBytes: 0, lastModified: "2026-11-20 23:44:57 GMT", algorithm: "NONE", checksum: "" },
  ],
  walRanges: [{ timeline: 1, startLsn: 0x2000028n, endLsn: 0x2000100n }],
};

test("a manifest that was written is read back, with a system identifier that no number holds", () => {
  expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
  expect(parseManifest(formatManifest({ ...manifest, version: 1, systemId: null })).systemId).toBeNull();
});

test("a manifest whose bytes were changed is refused", () => {
  const text = formatManifest(manifest).toString();

  expect(() => parseManifest(Buffer.from(text.replace("226", "227")))).toThrow(/checksum/);
  expect(() => parseManifest(Buffer.from("{}"))).toThrow(/checksum/);
  expect(() => parseManifest(Buffer.from("not json"))).toThrow(/JSON/);
});

test("a path that is no UTF-8 stands in a manifest as hex", () => {
  const body =
    '{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n{ "Encoded-Path": "62617365", "Size": 1, "Last-Modified": "" }\n],\n"WAL-Ranges": [],\n';
  const sum = createHash("sha256").update(body).digest("hex");

  expect(parseManifest(Buffer.from(`${body}"Manifest-Checksum": "${sum}"}\n`)).files[0]?.path).toBe("base");
});

test("files that differ from the manifest are named", () => {
  const check = new ManifestCheck("CRC32C");
  const put = (path: string, text: string): void => {
    const checksum = check.begin();
    checksum.update(Buffer.from(text));
    check.end(path, text.length, checksum);
  };
  const file = (path: string, sizeBytes: number) => ({
    ...{ path, sizeBytes, lastModified: "", algorithm: "CRC32C" as const, checksum: "839206e3" },
  });
  put("good", "123456789");
  put("longer", "1234567890");
  put("other", "123456780");
  put("extra", "");
  put("pg_wal/000000010000000000000002", "");

  const found = check.differences({
    ...manifest,
    files: [file("good", 9), file("longer", 9), file("other", 9), file("lost", 9)],
  });

  expect(found).toEqual([
    "longer has 10 bytes instead of 9",
    expect.stringMatching(/^other has the checksum /),
    "lost is missing",
    "extra is not in the manifest",
  ]);
});

const LABEL = `START WAL LOCATION: 0/9000028 (file 000000020000000000000009)
CHECKPOINT LOCATION: 0/9000080
BACKUP METHOD: streamed
BACKUP FROM: standby
START TIME: 2026-11-20 23:44:57 UTC
LABEL: nightly: one
START TIMELINE: 2
INCREMENTAL FROM LSN: 0/7000028
INCREMENTAL FROM TLI: 1
`;

test("a backup_label tells where recovery begins and what an incremental backup builds on", () => {
  expect(parseBackupLabel(LABEL)).toEqual({
    startLsn: 0x9000028n,
    startSegment: "000000020000000000000009",
    checkpointLsn: 0x9000080n,
    method: "streamed",
    from: "standby",
    startTime: "2026-11-20 23:44:57 UTC",
    label: "nightly: one",
    timeline: 2,
    incrementalFrom: { lsn: 0x7000028n, timeline: 1 },
  });
  expect(parseBackupLabel(withoutIncremental(LABEL)).incrementalFrom).toBeNull();
  expect(() => parseBackupLabel("")).toThrow(/backup_label/);
});

test("a map of tablespaces is read back whatever characters the paths have", () => {
  const paths = fc.array(
    fc.record({ oid: fc.stringMatching(/^[1-9]\d{0,5}$/), path: fc.stringMatching(/^\/[a-z \\\n\r]{0,20}$/) }),
  );
  fc.assert(
    fc.property(paths, (tablespaces) => {
      expect(parseTablespaceMap(formatTablespaceMap(tablespaces))).toEqual(tablespaces);
    }),
  );
});

function incremental(blocks: readonly number[], truncationBlocks: number): Buffer {
  const bytes = Buffer.alloc(blocks.length === 0 ? 12 : Math.ceil((12 + 4 * blocks.length) / 8192) * 8192);
  bytes.writeUInt32LE(0xd3ae1f0d, 0);
  bytes.writeUInt32LE(blocks.length, 4);
  bytes.writeUInt32LE(truncationBlocks, 8);
  blocks.forEach((block, i) => bytes.writeUInt32LE(block, 12 + 4 * i));
  return bytes;
}

test("the header of an incremental file tells its blocks and how long the file becomes", () => {
  const header = parseIncrementalHeader(incremental([0, 7, 9], 5));

  expect(header).toEqual({ blocks: [0, 7, 9], truncationBlocks: 5, headerBytes: 8192 });
  expect(resultBlocks(header)).toBe(10);
  expect(resultBlocks(parseIncrementalHeader(incremental([], 5)))).toBe(5);
  expect(parseIncrementalHeader(incremental([], 5)).headerBytes).toBe(12);
});

test.each([
  ["other bytes", Buffer.alloc(8192)],
  ["blocks out of order", incremental([3, 2], 5)],
  ["a block beyond any file", incremental([131_072], 5)],
  ["a cut header", incremental([1], 5).subarray(0, 14)],
])("an incremental file with %s is refused", (_, bytes) => {
  expect(() => parseIncrementalHeader(bytes)).toThrow(expect.objectContaining({ code: "BACKUP_INVALID" }));
});

test("an incremental file stands for the file of its name", () => {
  expect(incrementalTarget("base/5/INCREMENTAL.1259_vm.1")).toBe("base/5/1259_vm.1");
  expect(incrementalTarget("INCREMENTAL.x")).toBe("x");
  expect(incrementalTarget("base/5/1259")).toBeNull();
});

test("pg_control is refused when a byte of it changed or its version is not known", () => {
  const bytes = Buffer.alloc(8192);
  bytes.writeBigUInt64LE(7n, 0);
  bytes.writeUInt32LE(1800, 8);
  bytes.writeUInt32LE(6, 16);
  bytes.writeUInt32LE(16 * 1024 * 1024, 228);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 292)), 292);
  const changed = Buffer.from(bytes);
  changed[100]! ^= 1;
  const newer = Buffer.from(bytes);
  newer.writeUInt32LE(1900, 8);

  expect(parseControl(bytes)).toMatchObject({ systemId: 7n, state: "in production", segmentBytes: 16_777_216 });
  expect(() => parseControl(changed)).toThrow(/checksum/);
  expect(() => parseControl(newer)).toThrow(/version 1900/);
});
