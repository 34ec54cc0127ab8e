// The files of an archive that is stored as files: is each there with its size (level 1), does it have the stored bytes (2)?
import { type BackupObject, type DoneBackup, folderOf, membersOf, type StoredMember } from "../backup/index.ts";
import { type MainKey, mapInOrder } from "../codec/index.ts";
import { digestOf } from "../repository/index.ts";
import type { Store } from "../store/index.ts";
import type { Findings, VerifyLevel } from "./findings.ts";

export interface CheckFilesOptions {
  readonly store: Store;
  readonly keys: readonly MainKey[];
  readonly level: VerifyLevel;
  readonly backup: DoneBackup;
  /** The archive. */
  readonly object: BackupObject;
  /** By names as the store has them. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly findings: Findings;
}

const READ_AT_ONCE = 4;
/** Where a whole folder is gone, some of its files are enough. */
const MAX_TOLD = 20;

/** @throws REPOSITORY_DAMAGED when the list of the files cannot be read */
export async function checkFiles(options: CheckFilesOptions): Promise<void> {
  const { store, keys, backup, object, findings } = options;
  let bad = 0;
  const check = (member: StoredMember) => whatIsWrong(options, member);
  for await (const wrong of mapInOrder(await membersOf(store, backup, object, keys), READ_AT_ONCE, check)) {
    if (wrong === null) continue;
    bad += 1;
    if (bad <= MAX_TOLD) findings.bad(wrong.name, wrong.message);
  }
  if (bad > MAX_TOLD) findings.bad(backup.set, `${bad - MAX_TOLD} more files of ${object.name} are missing or damaged`);
}

interface Wrong {
  readonly name: string;
  readonly message: string;
}

async function whatIsWrong(
  { store, level, backup, sizes, findings }: CheckFilesOptions,
  { object, sizeBytes, checksum }: StoredMember,
): Promise<Wrong | null> {
  if (object === null) return null;
  const name = `${folderOf(backup.set)}/${object}`;
  const size = sizes.get(name);
  if (size === undefined) return { name, message: "it is missing" };
  if (size !== sizeBytes) return { name, message: `it has ${size} bytes instead of ${sizeBytes}` };
  if (level < 2) return null;
  const digest = await digestOf(await store.get(name));
  findings.checkedBytes += digest.sizeBytes;
  return digest.checksum === checksum ? null : { name, message: "its bytes are not those that were stored" };
}
