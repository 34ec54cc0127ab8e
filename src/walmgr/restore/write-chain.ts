// Writes the files of a chain of backups: the full one, then each incremental one as patches over it. Nothing is staged.
import { SkytoolsError } from "../../errors/index.ts";
import { type DoneBackup, openObject, readManifest } from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import {
  incrementalTarget,
  isInWalFolder,
  type Manifest,
  type ManifestFile,
  parseBackupLabel,
} from "../formats/index.ts";
import type { Store } from "../store/index.ts";
import { type ChainPlan, type MemberPlan, planChain } from "./chain-plan.ts";
import type { FileWriter } from "./file-writer.ts";
import type { RestoreProgress } from "./request.ts";
import type { Tree } from "./tree.ts";
import { type KeptFile, unpackArchive } from "./unpack-archive.ts";

export interface LoadedChain {
  readonly backups: readonly DoneBackup[];
  readonly manifests: readonly Manifest[];
  readonly plan: ChainPlan;
}

/** Kept until the end: written by the caller, pg_control last. */
export const KEPT_PATHS = ["backup_label", "tablespace_map", "global/pg_control"];

export async function loadChain(
  store: Store,
  backups: readonly DoneBackup[],
  keys: readonly MainKey[],
): Promise<LoadedChain> {
  const read = async (backup: DoneBackup) =>
    await readManifest(store, backup, keys).catch((error: unknown) => {
      throw damageOf(backup, error);
    });
  const loaded = await Promise.all(backups.map(read));
  const manifests = loaded.map(({ manifest }) => manifest);
  const plan = planChain(manifests.map((manifest, i) => ({ set: backups[i]?.set ?? "", manifest })));
  return { backups, manifests, plan };
}

export interface WriteChainOptions {
  readonly store: Store;
  readonly keys: readonly MainKey[];
  readonly chain: LoadedChain;
  readonly tree: Tree;
  readonly writer: FileWriter;
  /** Whole files that need not be written. */
  readonly alreadyThere: ReadonlySet<string>;
  readonly onProgress: (progress: RestoreProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface WrittenChain {
  readonly files: number;
  /** Of the newest backup: backup_label, tablespace_map, global/pg_control. */
  readonly kept: ReadonlyMap<string, KeptFile>;
}

/** @throws VERIFY_FAILED, ARCHIVE_INVALID, BACKUP_INVALID, REPOSITORY_DAMAGED, STORE_FAILED */
export async function writeChain(options: WriteChainOptions): Promise<WrittenChain> {
  const { backups } = options.chain;
  const totalBytes = backups.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  let [doneBytes, toldBytes, files] = [0, 0, 0];
  const onBytes = (bytes: number): void => {
    doneBytes += bytes;
    if (doneBytes - toldBytes < 1024 * 1024) return;
    toldBytes = doneBytes;
    options.onProgress({ doneBytes, totalBytes });
  };
  let kept: ReadonlyMap<string, KeptFile> = new Map();
  for (let i = 0; i < backups.length; i += 1) {
    const member = await writeMember(options, i, onBytes);
    files += member.files;
    kept = member.kept;
    checkLink(kept, backups[i], backups[i - 1]);
  }
  return { files, kept };
}

async function writeMember(options: WriteChainOptions, index: number, onBytes: (bytes: number) => void) {
  const { store, keys, chain, tree, writer, alreadyThere, signal } = options;
  const backup = chain.backups[index] as DoneBackup;
  const plan = chain.plan.members[index] as MemberPlan;
  const isNewest = index === chain.backups.length - 1;
  const manifest = chain.manifests[index] as Manifest;
  const entries = new Map<string, ManifestFile>(manifest.files.map((file) => [file.path, file]));
  const kept = new Map<string, KeptFile>();
  const seen = new Set<string>();
  const actionOf = (path: string) => {
    if (KEPT_PATHS.includes(path)) return "keep";
    const action = plan.get(path) ?? null;
    if (action === "write" && alreadyThere.has(path)) return null;
    // WAL that came inside of the backup is not in the manifest; its own checks are the server's.
    return action === null && isNewest && isInWalFolder(path) ? "write" : action;
  };
  const archives = backup.objects.filter(({ kind }) => kind === "archive");
  const unpacked = archives.map(async (object) =>
    unpackArchive({
      ...{ tree, writer, actionOf, entries, signal, onBytes, oid: object.oid },
      makesDirectories: isNewest, // others have those of databases that were dropped
      source: await openObject(store, backup, object, keys),
      keep: (path, file) => void kept.set(path, file),
      onFile: (path) => void seen.add(path),
    }),
  );
  const failed = (await Promise.allSettled(unpacked)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw damageOf(backup, failed.reason);
  await writer.finish();
  for (const path of plan.keys()) {
    if (seen.has(path) || alreadyThere.has(path)) continue;
    throw new SkytoolsError(
      "VERIFY_FAILED",
      `the backup ${backup.set} lacks the file ${incrementalTarget(path) ?? path}`,
    );
  }
  return { files: seen.size, kept };
}

const DAMAGE = ["ARCHIVE_INVALID", "REPOSITORY_DAMAGED", "VERIFY_FAILED", "BACKUP_INVALID", "STORE_OBJECT_MISSING"];

/** The same with the name of the backup, and the way out. */
function damageOf({ set }: DoneBackup, error: unknown): unknown {
  if (!(error instanceof SkytoolsError) || !DAMAGE.includes(error.code)) return error;
  return new SkytoolsError(error.code, `backup ${set} is damaged: ${error.message}`, {
    cause: error,
    hint: "name an earlier one, `restore SET`: it leads to the same moments, by more WAL; `verify` says what else is damaged",
  });
}

/** An incremental backup fits only the backup that it was made from. */
function checkLink(
  kept: ReadonlyMap<string, KeptFile>,
  backup: DoneBackup | undefined,
  parent: DoneBackup | undefined,
): void {
  const { incrementalFrom } = parseBackupLabel(kept.get("backup_label")?.bytes.toString("utf8") ?? "");
  const fits =
    parent === undefined
      ? incrementalFrom === null
      : incrementalFrom?.lsn === parent.startLsn && incrementalFrom.timeline === parent.timeline;
  if (!fits) {
    throw new SkytoolsError(
      "BACKUP_INVALID",
      `backup ${backup?.set ?? ""} does not continue ${parent?.set ?? "nothing"}`,
    );
  }
}
