export { expire, type ExpireOptions, type ExpireResult } from "./expire.ts";
export { segmentFilter, walBegins, type WalNeeds } from "./needed-wal.ts";
export { pinBackup, readPins, unpinBackup } from "./pins.ts";
export { judgeBackups, type Pin, type RetentionRules, rootOf, type Verdict } from "./rules.ts";
