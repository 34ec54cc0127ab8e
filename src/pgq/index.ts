export { schemaFiles, renderSchema } from "./install/schema-source.ts";
export { packageRoot, packageVersion } from "./install/package-root.ts";
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
export { createQueue, dropQueue, pauseQueue, resumeQueue, setQueueConfig } from "./admin/queues.ts";
export {
  settingDefinitions,
  settingNamed,
  type QueueSettings,
  type SettingDefinition,
} from "./admin/queue-settings.ts";
export { tickQueue, type TickOptions } from "./admin/tick-queue.ts";
export { planMove, registerConsumer, seekConsumer, unregisterConsumer, type Move } from "./admin/consumers.ts";
export type { Place, QueuePosition } from "./admin/position.ts";
export { redeliverEvent, type RetryOutcome } from "./admin/retry-event.ts";
export { insertOneEvent } from "./admin/insert-event.ts";
export { listQueues, type QueueStatus } from "./inspect/queues.ts";
export { listConsumers, type ConsumerFilter, type ConsumerStatus } from "./inspect/consumers.ts";
export {
  batchEvents,
  pendingEvents,
  recentEvents,
  retryEvents,
  type EventFilter,
  type WaitingEvent,
} from "./inspect/events.ts";
export { findEvent, type DeliveryState, type FoundEvent } from "./inspect/find-event.ts";
export { requireConsumer, requireQueue } from "./inspect/require.ts";
export type { Executor } from "./database.ts";
export type { NewEvent, StoredEvent } from "./event.ts";
