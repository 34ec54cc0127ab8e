export {
  syncDefaults,
  type MainPosition,
  type SyncConnections,
  type SyncOptions,
  type SyncSettings,
} from "./sync-options.ts";
export type { MainTable, TableSyncFace } from "./table-sync.ts";
