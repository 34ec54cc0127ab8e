export { commitOf, lastCommitOf, type Moments, readMoments } from "./moments.ts";
export { type ReadableWal, withBegun } from "./readable-wal.ts";
export { type BackupSpan, type Stretch, stretchesOf } from "./stretches.ts";
export { readWalMap, type Reach, type RouteStep, WalMap, type WalMapParts } from "./wal-map.ts";
