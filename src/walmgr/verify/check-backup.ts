// One backup: are its objects there (level 1), do they have the stored bytes (2), and the contents of the manifest (3)?
import {
  type BackupDescription,
  type BackupObject,
  chainOf,
  type DoneBackup,
  FILES_FOLDER,
  folderOf,
  openObject,
  OTHERS_FOLDER,
  readManifest,
} from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import { checksumsOf, type Manifest, ManifestCheck } from "../formats/index.ts";
import { digestOf } from "../repository/index.ts";
import type { Store } from "../store/index.ts";
import { checkContents } from "./check-contents.ts";
import { checkFiles } from "./check-files.ts";
import type { Findings, VerifyLevel } from "./findings.ts";

export interface CheckBackupOptions {
  readonly store: Store;
  readonly keys: readonly MainKey[];
  readonly level: VerifyLevel;
  readonly backup: DoneBackup;
  readonly all: readonly BackupDescription[];
  readonly findings: Findings;
}

export async function checkBackup(options: CheckBackupOptions): Promise<void> {
  const { backup, all, findings, level } = options;
  await findings.attempt(backup.set, () => Promise.resolve(void chainOf(backup, all)));
  let sizes: Promise<ReadonlyMap<string, number>> | null = null;
  for (const object of backup.objects) {
    const subject = `${folderOf(backup.set)}/${object.name}`;
    await findings.attempt(subject, async () => {
      const isSound = await checkObject(options, object, subject);
      if (!isSound || object.form !== "files") return;
      await checkFiles({ ...options, object, sizes: await (sizes ??= fileSizes(options)) });
    });
  }
  if (level >= 3) await findings.attempt(backup.set, () => checkAgainstManifest(options));
}

/** Of all that lies in the folders of its files; asking for each by itself would take a request for each. */
async function fileSizes({ store, backup }: CheckBackupOptions): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const folder of [FILES_FOLDER, OTHERS_FOLDER]) {
    for await (const { name, sizeBytes } of store.list(`${folderOf(backup.set)}/${folder}/`))
      sizes.set(name, sizeBytes);
  }
  return sizes;
}

async function checkObject(
  { store, level, findings }: CheckBackupOptions,
  object: BackupObject,
  name: string,
): Promise<boolean> {
  const stat = await store.stat(name);
  if (stat === null) {
    findings.bad(name, "it is missing");
    return false;
  }
  if (stat.sizeBytes !== object.storedBytes) {
    findings.bad(name, `it has ${stat.sizeBytes} bytes instead of ${object.storedBytes}`);
    return false;
  }
  if (level < 2) return true;
  const { sizeBytes, checksum } = await digestOf(await store.get(name));
  findings.checkedBytes += sizeBytes;
  if (checksum === object.checksum) return true;
  findings.bad(name, "its bytes are not those that were stored");
  return false;
}

/** Unpacks everything without writing it. */
async function checkAgainstManifest({ store, keys, backup, findings }: CheckBackupOptions): Promise<void> {
  const { manifest } = await readManifest(store, backup, keys);
  const check = new ManifestCheck(checksumsOf(manifest));
  for (const object of backup.objects.filter(({ kind }) => kind === "archive")) {
    const source = await openObject(store, backup, object, keys);
    await checkContents({ source, oid: object.oid, check, backup, findings });
  }
  for (const difference of check.differences(manifest)) findings.bad(backup.set, difference);
  checkIdentity(manifest, backup, findings);
}

function checkIdentity(manifest: Manifest, backup: DoneBackup, findings: Findings): void {
  if (manifest.systemId !== null && manifest.systemId !== backup.systemId) {
    findings.bad(backup.set, "its manifest is of another cluster");
  }
}
