export { schemaFiles, renderSchema } from "./install/schema-source.ts";
export { packageRoot, packageVersion } from "../service/index.ts";
export type { InstallDatabase } from "./install/database.ts";
export { installableSchemas, knownSchema, type KnownSchema } from "./install/known-schemas.ts";
export { installSchema, type InstallOptions } from "./install/install-schema.ts";
export { installScript, upgradeSteps, parseStep, type UpgradeStep } from "./install/install-script.ts";
export { wrapInTransaction } from "./install/transaction-text.ts";
export { summarize, type InstallOutcome, type InstallReport } from "./install/report.ts";
export {
  uninstallSchema,
  uninstallScript,
  type UninstallOptions,
  type UninstallReport,
} from "./install/uninstall-schema.ts";
export { readManifest, type Manifest } from "./install/manifest/manifest.ts";
export { examineSchema } from "./install/doctor/doctor.ts";
export { formatFinding, type Finding } from "./install/doctor/finding.ts";
export { settingDefinitions, settingNamed, type SettingDefinition } from "./admin/queue-settings.ts";
export { tickQueueAnew } from "./admin/tick-queue.ts";
export { callForceTick as forceTick, callTicker as makeTick } from "./sql-calls/queue-admin.ts";
export { requireConsumer, requireQueue } from "./inspect/require.ts";
export type { NewEvent } from "./event.ts";
export * from "./public.ts";
export {
  endSession,
  haveEvents,
  makeTicks,
  readSessionId,
  readTickerFacts,
  readVersion,
  tickedQueues,
  tryTickerLock,
  type MadeTick,
  type SessionId,
  type TickAnswer,
  type TickerFacts,
  type TickRequest,
} from "./sql-calls/ticker.ts";
export { type QueueGauges, readQueueGauges } from "./sql-calls/queue-gauges.ts";
export { readVacuumHorizon, type VacuumHorizon } from "./sql-calls/vacuum-horizon.ts";
export {
  moveDelayedEvents,
  moveRetryEvents,
  readMaintenanceOperations,
  type MaintenanceOperation,
} from "./sql-calls/maintenance.ts";
export { type ConnectionSupply, suppliedDatabase } from "./drivers/connection-database.ts";
export { plainSource } from "./consumer/plain-source.ts";
export { readDatabases } from "./sql-calls/databases.ts";
export { getConsumerPosition } from "./sql-calls/consumer-position.ts";
export type { BatchInfo, BatchWish } from "./consumer/seam.ts";
export { nextBatch } from "./sql-calls/next-batch.ts";
export { finishAndNext, type FinishedBatch } from "./sql-calls/finish-and-next.ts";
export {
  findTick,
  registerConsumer as subscribe,
  registerConsumerAt as subscribeAt,
  unregisterConsumer as unsubscribe,
} from "./sql-calls/registration.ts";
export { AnswerLimit, DEFAULT_ANSWER_TIMEOUT_MS } from "./answer-limit.ts";
export { TICK_CHANNEL, tickNotice } from "./wake-up.ts";
export { batchEventSql, finishBatch } from "./sql-calls/batch.ts";
export { currentEventTable } from "./sql-calls/insert.ts";
