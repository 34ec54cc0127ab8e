// Finds out what a directory is, and takes in what is in it.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { type ClassicFolders, classicFolders, classicSets } from "../classic/index.ts";
import { parseWalFileName } from "../formats/index.ts";
import { type ConfigFile, importBackup, type ImportBackupOptions, type ImportedBackup } from "./import-backup.ts";
import { splitPackedName } from "./packed-file.ts";
import { plainDirectory } from "./plain-directory.ts";
import { namesIn, readable } from "./reading.ts";
import { isBaseTar, tarDirectory } from "./tar-directory.ts";
import { type ImportedWal, importWal } from "./wal-files.ts";

export type Imported =
  | { readonly kind: "wal"; readonly directory: string; readonly wal: ImportedWal }
  | { readonly kind: "backup"; readonly directory: string; readonly imported: ImportedBackup };

type Kind = "walmgr" | "plain" | "tar" | "wal" | "unfinished";
type Options = Omit<ImportBackupOptions, "source">;

/**
 * What is in a data directory of the old walmgr, a backup of pg_basebackup in either format, or a directory with WAL files.
 * WAL comes before the backups, which need it. Nothing is taken in yet.
 * @throws WRONG_USE when it is none of these, IMPORT_UNREADABLE
 */
export async function importable(directory: string): Promise<readonly ImportPart[]> {
  const kind = await readable(directory, () => kindOf(directory));
  if (kind === "walmgr") return await partsOfWalmgr(classicFolders(directory, usualNames));
  if (kind !== null) return [{ kind, path: directory }];
  if (!(await isDirectory(directory))) {
    throw new SkytoolsError("WRONG_USE", `there is no directory ${directory}`, {
      hint: "is it spelled right, and is its file system mounted?",
    });
  }
  throw new SkytoolsError("WRONG_USE", `${directory} holds neither a backup nor WAL`, {
    hint: "walmgr_data of the old walmgr, a directory of pg_basebackup, or one with WAL files",
  });
}

/** In this order. @throws what importWal and importBackup throw, IMPORT_UNREADABLE */
export async function importParts(parts: readonly ImportPart[], options: Options): Promise<readonly Imported[]> {
  const done: Imported[] = [];
  for (const part of parts) done.push(await readable(part.path, () => importPart(part, options)));
  return done;
}

async function importPart({ kind, path, config }: ImportPart, options: Options): Promise<Imported> {
  if (kind === "plain" || kind === "tar") {
    const source = kind === "plain" ? await plainDirectory(path) : await tarDirectory(path);
    const configFiles = config === undefined ? [] : await configIn(config);
    return { kind: "backup", directory: path, imported: await importBackup({ ...options, source, configFiles }) };
  }
  const { repositories, log, signal } = options;
  const isUnfinished = kind === "unfinished";
  const wal = await importWal({ repositories, log, signal, directory: path, isUnfinished });
  return { kind: "wal", directory: path, wal };
}

export interface ImportPart {
  readonly kind: Exclude<Kind, "walmgr">;
  readonly path: string;
  /** Where its configuration files are, when not in it. */
  readonly config?: string;
}

const usualNames = { completedWals: null, partialWals: null, fullBackup: null, configBackup: null };

/** Of the old walmgr, as its file says. Newest last, so that the names of the sets are in the order of the backups. */
export async function partsOfWalmgr(folders: ClassicFolders): Promise<readonly ImportPart[]> {
  const { complete, partial, fullBackup, config } = folders;
  const newestFirst = await readable(fullBackup, () => classicSets(fullBackup));
  return [
    { kind: "wal", path: complete },
    { kind: "unfinished", path: partial },
    ...[...newestFirst].reverse().map((path) => ({ kind: "plain" as const, path, config })),
  ];
}

/** `*.conf` of a folder, apart from what ALTER SYSTEM writes. None when it is not there. */
async function configIn(folder: string): Promise<readonly ConfigFile[]> {
  if (!(await isDirectory(folder))) return [];
  const isWanted = (name: string): boolean => name.endsWith(".conf") && name !== "postgresql.auto.conf";
  const names = (await namesIn(folder)).filter(isWanted);
  return await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function kindOf(directory: string): Promise<Kind | null> {
  const names = await namesIn(directory);
  if (names.includes("logs.complete")) return "walmgr";
  if (names.includes("PG_VERSION")) return "plain";
  if (names.some(isBaseTar)) return "tar";
  const isWal = names.some((name) => parseWalFileName(splitPackedName(name).plainName) !== null);
  if (!isWal) return null;
  return directory.endsWith("logs.partial") ? "unfinished" : "wal";
}
