export { readWalMap, type Reach, WalMap, type WalMapParts } from "./wal-map.ts";
