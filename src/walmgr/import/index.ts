export { importBackup, type ImportBackupOptions, type ImportedBackup } from "./import-backup.ts";
export { importable, type Imported, type ImportPart, importParts, partsOfWalmgr } from "./import-directory.ts";
export { type ImportedWal, importWal, type ImportWalOptions } from "./wal-files.ts";
