export { importBackup, type ImportBackupOptions, type ImportedBackup } from "./import-backup.ts";
export { importDirectory, type Imported } from "./import-directory.ts";
export { type ImportedWal, importWal, type ImportWalOptions } from "./wal-files.ts";
