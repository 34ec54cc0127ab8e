export type { GetOptions, PutOptions, Store, StoreBody, StoredObject, StoreFeatures } from "./store.ts";
export { DirectoryStore, syncFolder, type DirectoryStoreOptions } from "./directory.ts";
export { isExisting, isMissing } from "./errors.ts";
export { checkName } from "./names.ts";
export { readText, writeText } from "./whole.ts";
export { openStore, type StoreOptions } from "./open.ts";
export { S3Store, type S3Options } from "./s3.ts";
export { SftpStore, type SftpOptions } from "./sftp.ts";
export { EarlySync, writeAll } from "./write-all.ts";
