export { releaseBackupLock, takeBackupLock } from "./backup-lock.ts";
export { type ClassicFolders, classicFolders } from "./folders.ts";
export { type PartialSync, writePartial } from "./partial-sync.ts";
export { purgeWal } from "./purge.ts";
export { classicSets, type Rotated, type RotateOptions, rotateSets } from "./rotate.ts";
