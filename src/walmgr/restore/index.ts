export { type Choice, type ChooseOptions, chooseBackup, latestTimeline, leadsTo } from "./choose.ts";
export { type ChainMember, type ChainPlan, planChain } from "./chain-plan.ts";
export { type ConfigFile, readConfigFiles } from "./config-files.ts";
export { type ExistingData, refuseRunning, requireOutside } from "./destination.ts";
export { FileWriter } from "./file-writer.ts";
export { PatchReader } from "./patch-reader.ts";
export { type FileOwner, ownerOf } from "./owner.ts";
export { planRestore, requireIdentity, restore } from "./restore.ts";
export type { RestorePlan, RestoreProgress, RestoreRequest, RestoreResult } from "./request.ts";
export { runServer, type RunningServer, type RunServerOptions } from "./run-server.ts";
export { forgetRecovery, SETTINGS_FILE, withoutRestore } from "./settings-file.ts";
export {
  describeTarget,
  type RecoveryTarget,
  type TargetAction,
  targetActions,
  targetTimeMs,
  timeTarget,
} from "./target.ts";
export { openScratchFolder, type ScratchFolder } from "./scratch-folder.ts";
export { type LoadedChain, loadChain, writeChain } from "./write-chain.ts";
export { placeOf, type Tree } from "./tree.ts";
export { watchRecovery, type WatchedRecovery, type WatchOptions } from "./watch-recovery.ts";
