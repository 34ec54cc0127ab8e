export { chainOf, listBackups, openObject, readBackup, readManifest } from "./catalog.ts";
export {
  BACKUP_FOLDER,
  type BackupDescription,
  type BackupObject,
  type BackupState,
  type BackupType,
  DESCRIPTION_FILE,
  type DoneBackup,
  folderOf,
  formatDescription,
  isDone,
  isSetName,
  setName,
} from "./description.ts";
export type { BackupProgress, BackupRequest, BackupResult } from "./request.ts";
export { takeBackup } from "./take-backup.ts";
