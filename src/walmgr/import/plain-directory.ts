// A backup as a data directory: of pg_basebackup in its plain format, or of the old walmgr (tablespaces in tmpspc/).
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { BaseBackupEvent } from "../backup/index.ts";
import { isSegmentName, makeTarHeader, tarEnd, type Tablespace, tarPadding } from "../formats/index.ts";
import { namesIn, readSmall } from "./reading.ts";
import { type BackupSource, understand } from "./source.ts";

const FIRST = "backup_label";
const LAST = "global/pg_control";
/** Of the server that ran there, or of programs that copied it. */
const NOT_TAKEN = [
  /^postmaster\.(pid|opts)$/,
  /^backup_manifest$/,
  /^(standby|recovery)\.signal$/,
  /^recovery\.(conf|done)$/,
  /^(pg_wal|pg_xlog|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/./,
  /^tmpspc(\/|$)/,
  /^pg_tblspc\/./,
  /(^|\/)pgsql_tmp/,
  /(^|\/)pg_internal\.init/,
];

interface Entry {
  readonly path: string;
  readonly place: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly modifiedSeconds: number;
}

/** @throws BACKUP_INVALID */
export async function plainDirectory(directory: string): Promise<BackupSource> {
  const small = async (name: string): Promise<Buffer | undefined> => await readSmall(join(directory, name));
  const known = understand(directory, {
    label: await small(FIRST),
    control: await small(LAST),
    version: await small("PG_VERSION"),
    map: await small("tablespace_map"),
  });
  const places = await tablespacesOf(directory);
  // A map is there only where the server wrote one; else the links say where the tablespaces were.
  const tablespaces = places.map(({ oid, path }) => ({
    oid,
    path: known.tablespaces.find((one) => one.oid === oid)?.path ?? path,
  }));
  return {
    ...known,
    tablespaces,
    manifest: (await small("backup_manifest")) ?? null,
    async *archives() {
      for (const { oid, path } of places) yield* archiveOf(path, oid);
      yield* archiveOf(directory, null);
    },
    async *segments() {
      const folder = join(directory, "pg_wal");
      for (const name of (await namesIn(folder)).filter(isSegmentName).sort()) {
        yield { name, bytes: await readFile(join(folder, name)) };
      }
    },
  };
}

/** Where their files are now. */
async function tablespacesOf(directory: string): Promise<readonly Tablespace[]> {
  const found = new Map<string, string>();
  for (const folder of ["pg_tblspc", "tmpspc"]) {
    for (const oid of (await namesIn(join(directory, folder))).filter((name) => /^\d+$/.test(name))) {
      const place = join(directory, folder, oid);
      const isLink = (await lstat(place)).isSymbolicLink();
      found.set(oid, isLink ? resolve(directory, folder, await readlink(place)) : place);
    }
  }
  return [...found].map(([oid, path]) => ({ oid, path }));
}

async function* archiveOf(directory: string, oid: string | null): AsyncGenerator<readonly BaseBackupEvent[]> {
  yield [{ type: "archive", oid }];
  const entries = await walk(directory, "");
  for (const entry of oid === null ? inOrder(entries) : entries) yield* memberOf(entry);
  yield [{ type: "data", bytes: tarEnd() }, { type: "finished" }];
}

async function* memberOf(entry: Entry): AsyncGenerator<readonly BaseBackupEvent[]> {
  const { path, place, isDirectory, sizeBytes, mode, modifiedSeconds } = entry;
  const kind = isDirectory ? ("directory" as const) : ("file" as const);
  const name = isDirectory ? `${path}/` : path;
  const header = makeTarHeader({ name, kind, sizeBytes, mode, modifiedSeconds, target: "" });
  yield [{ type: "data", bytes: header }];
  if (isDirectory || sizeBytes === 0) return;
  for await (const bytes of createReadStream(place, { highWaterMark: 1024 * 1024 })) {
    yield [{ type: "data", bytes: bytes as Buffer }];
  }
  const padding = tarPadding(sizeBytes);
  if (padding > 0) yield [{ type: "data", bytes: Buffer.alloc(padding) }];
}

async function walk(directory: string, prefix: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = prefix + name;
    if (NOT_TAKEN.some((pattern) => pattern.test(path))) continue;
    const place = join(directory, name);
    const { size, mode, mtimeMs, ...stat } = await describeEntry(place);
    const isDirectory = stat.isDirectory || path === "pg_wal";
    if (!isDirectory && !stat.isFile) continue;
    const common = { path, place, mode: mode & 0o777, modifiedSeconds: Math.floor(mtimeMs / 1000) };
    entries.push({ ...common, isDirectory, sizeBytes: isDirectory ? 0 : size });
    if (stat.isDirectory) entries.push(...(await walk(place, `${path}/`)));
  }
  return entries;
}

async function describeEntry(place: string) {
  const stat = await lstat(place);
  const { size, mode, mtimeMs } = stat;
  return { size, mode, mtimeMs, isDirectory: stat.isDirectory(), isFile: stat.isFile() };
}

/** As the server sends it. */
function inOrder(entries: readonly Entry[]): readonly Entry[] {
  const rank = ({ path }: Entry): number => (path === FIRST ? 0 : path === LAST ? 2 : 1);
  return [...entries].sort((a, b) => rank(a) - rank(b));
}
