export { applySettings, describeChange, planSettings, type SettingChange, settingsInFiles } from "./settings.ts";
export { requireConnected, standbyNames, standbysNeeded } from "./synch-standby.ts";
export { isInRecovery, promote, type Promotion, type PromoteOptions } from "./promote.ts";
export { isPrimaryAlive } from "./primary-alive.ts";
export { knownEnd, type StandbyPlace, standbyPlace } from "./known-end.ts";
export { backupForStandby, type KeptWal } from "./backup-for-standby.ts";
