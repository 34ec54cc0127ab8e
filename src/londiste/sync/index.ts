export { speakAgain, speakInFull } from "./quiet.ts";
export {
  syncDefaults,
  type MainPosition,
  type SyncConnections,
  type SyncOptions,
  type SyncSettings,
} from "./sync-options.ts";
export { TableSync, type MainTable } from "./table-sync.ts";
export { transition, transitions, type Outcome, type SyncEvent, type SyncState } from "./transitions.ts";
