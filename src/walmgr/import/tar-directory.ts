// A backup in pg_basebackup's tar format: base.tar, one archive for each tablespace, pg_wal.tar, backup_manifest.
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import type { BaseBackupEvent } from "../backup/index.ts";
import { asBuffer } from "../codec/index.ts";
import { TarReader } from "../formats/index.ts";
import { type PackedFile, plainOf, splitPackedName } from "./packed-file.ts";
import { namesIn, readSmall } from "./reading.ts";
import { type BackupSource, understand } from "./source.ts";

const ARCHIVE = /^(base|pg_wal|\d+)\.tar$/;
const SMALL = ["backup_label", "global/pg_control", "PG_VERSION", "tablespace_map"];
const SEGMENT = /^(?:pg_wal\/)?([0-9A-F]{24})$/;

interface Archive extends PackedFile {
  /** base, pg_wal, or the oid of a tablespace. */
  readonly name: string;
}

/** Compressed or not. */
export function isBaseTar(entry: string): boolean {
  return splitPackedName(entry).plainName === "base.tar";
}

/** @throws BACKUP_INVALID, ARCHIVE_INVALID */
export async function tarDirectory(directory: string): Promise<BackupSource> {
  const archives = await archivesOf(directory);
  const base = archives.find(({ name }) => name === "base");
  if (base === undefined) throw new SkytoolsError("BACKUP_INVALID", `${directory} has no base.tar`);
  const kept = new Map<string, Buffer>();
  for await (const { name, bytes } of membersOf(base, (path) => SMALL.includes(path))) kept.set(name, bytes);
  const known = understand(directory, {
    label: kept.get("backup_label"),
    control: kept.get("global/pg_control"),
    version: kept.get("PG_VERSION"),
    map: kept.get("tablespace_map"),
  });
  const manifest = (await readSmall(join(directory, "backup_manifest"))) ?? null;
  return {
    ...known,
    manifest,
    async *archives() {
      const data = archives.filter(({ name }) => name !== "pg_wal" && name !== "base");
      for (const archive of [...data, base]) {
        yield [{ type: "archive", oid: archive === base ? null : archive.name }] as readonly BaseBackupEvent[];
        for await (const bytes of plainOf(archive)) yield [{ type: "data", bytes: asBuffer(bytes) }];
        yield [{ type: "finished" }];
      }
    },
    async *segments() {
      const wal = archives.find(({ name }) => name === "pg_wal");
      if (wal === undefined) return;
      for await (const { name, bytes } of membersOf(wal, (path) => SEGMENT.test(path))) {
        yield { name: SEGMENT.exec(name)?.[1] ?? name, bytes };
      }
    },
  };
}

async function archivesOf(directory: string): Promise<readonly Archive[]> {
  const found: Archive[] = [];
  for (const entry of (await namesIn(directory)).toSorted()) {
    const { plainName, compression } = splitPackedName(entry);
    const [, name] = ARCHIVE.exec(plainName) ?? [];
    if (name !== undefined) found.push({ name, path: join(directory, entry), compression });
  }
  return found;
}

async function* membersOf(
  archive: Archive,
  isWanted: (path: string) => boolean,
): AsyncGenerator<{ readonly name: string; readonly bytes: Buffer }> {
  const reader = new TarReader();
  let parts: Buffer[] | null = null;
  for await (const piece of plainOf(archive)) {
    for (const event of reader.push(piece)) {
      if (event.type === "member") parts = event.member.kind === "file" && isWanted(event.member.name) ? [] : null;
      // The reader's pieces are views of buffers that go on being used.
      else if (event.type === "data") parts?.push(Buffer.from(event.bytes));
      else if (parts !== null) yield { name: event.member.name, bytes: Buffer.concat(parts) };
    }
  }
}
