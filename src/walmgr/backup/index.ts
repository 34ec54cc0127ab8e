export { chainOf, freeMoment, listBackups, readBackup, readManifest, setsOf, strayFolders } from "./catalog.ts";
export {
  addedBytesOf,
  BACKUP_FOLDER,
  type BackupDescription,
  type BackupObject,
  type BackupState,
  type BackupType,
  compareAge,
  DESCRIPTION_FILE,
  type DoneBackup,
  folderOf,
  formatDescription,
  isDone,
  isSameMoment,
  isSetName,
  ownBytesOf,
  setName,
} from "./description.ts";
export { type BackupFormat, backupFormats, requireFormat } from "./format.ts";
export { FILES_FOLDER, OTHERS_FOLDER, type StoredMember } from "./member-list.ts";
export { chunksOf, membersOf, openObject } from "./open-object.ts";
export { backupDefaults, type BackupProgress, type BackupRequest, type BackupResult } from "./request.ts";
export { type BaseBackupEvent } from "./base-backup-stream.ts";
export { receiveArchives } from "./receive-archives.ts";
export { keyIdOfBackup, readableBackups } from "./readable.ts";
export { BackupRecord } from "./record.ts";
export { IncludedWal } from "./included-wal.ts";
export { storeConfigFiles } from "./config-files.ts";
export { waitForWal } from "./wait-for-wal.ts";
export { takeBackup } from "./take-backup.ts";
