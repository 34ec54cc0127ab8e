// What `import … from "skytools/pgq"` gives: the supported interface of the library. It loads nothing but src/pgq,
// src/errors, src/clock and Node itself.

// queues and their events
export {
  defineQueue,
  type AnyEvents,
  type EventFormat,
  type EventSchemas,
  type EventsOf,
  type EventTypeOf,
  type PayloadInputOf,
  type PayloadOf,
  type Queue,
  type QueueOptions,
  type QueueOrName,
} from "./queue.ts";
export { PayloadError, type PayloadErrorDetails } from "./payload-error.ts";
export type { SchemaIssue, StandardSchema } from "./standard-schema.ts";

// producing
export { cancelDelayed } from "./producer/cancel.ts";
export { copyEvents } from "./producer/copy-events.ts";
export type { EventFields, EventInput, EventOptions, UntypedEvent } from "./producer/event-input.ts";
export { send, sendOnce, type Sent } from "./producer/send.ts";
export { sendMany } from "./producer/send-many.ts";

// consuming
export { createConsumer, type Consumer } from "./consumer/consumer.ts";
export type { SeekTarget } from "./consumer/seek-target.ts";
export type { BatchHandler } from "./consumer/batch-handler.ts";
export type { Batch } from "./consumer/batch.ts";
export type { ConsumedEvent, EventOf, RetryOptions } from "./consumer/event.ts";
export type { EventHandler, HandlerContext } from "./consumer/event-handler.ts";
export type { Transaction } from "./consumer/event-transaction.ts";
export type { ConsumerOptions } from "./consumer/options.ts";
export type { CooperativeOptions } from "./coop/index.ts";
export type { BatchReport, EventFailureReport, FailureReport, Reports } from "./consumer/reports.ts";
export type { RetryPolicy } from "./consumer/retry-policy.ts";
export * from "./position/index.ts";
export type {
  BatchHold,
  BatchInfo,
  BatchSource,
  BatchWish,
  BatchWork,
  Position,
  PositionContext,
} from "./consumer/seam.ts";
export type { DatabaseSource } from "./drivers/database-source.ts";
export { toDatabase } from "./drivers/to-database.ts";
export { TICK_CHANNEL } from "./wake-up.ts";

// administration
export { createQueue, dropQueue, pauseQueue, resumeQueue, setQueueConfig } from "./admin/queues.ts";
export type { QueueSettings } from "./admin/queue-settings.ts";
export { tickQueue, type TickOptions } from "./admin/tick-queue.ts";
export { planMove, registerConsumer, seekConsumer, unregisterConsumer, type Move } from "./admin/consumers.ts";
export type { Place, QueuePosition } from "./admin/position.ts";
export { redeliverEvent, type RedeliverOutcome } from "./admin/retry-event.ts";

export {
  listDeadLetters,
  purgeDeadLetters,
  replayDeadLetters,
  type DeadLetter,
  type DeadLetterPage,
  type PurgeOptions,
} from "./dead-letters/dead-letters.ts";

// observing
export type {
  BatchMessage,
  EventMessage,
  EventOutcome,
  ReconnectMessage,
  SendMessage,
  TelemetryMessages,
  WakeUpMessage,
} from "./telemetry/channels.ts";

// looking
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
export { delayedEvents, type DelayedEvent, type DelayedPage } from "./inspect/delayed.ts";
export { findEvent, type DeliveryState, type FoundEvent } from "./inspect/find-event.ts";
export type { StoredEvent } from "./event.ts";
export { examineQueues, type HealthLimits, type QueueHealth } from "./inspect/health.ts";
export { whatHoldsRotation, type RotationStatus } from "./inspect/rotation.ts";
export { whyNothingArrives } from "./inspect/why.ts";
export type { QueueFinding } from "./inspect/finding.ts";

// running SQL
export type { AnswerLimit } from "./answer-limit.ts";
export type { Database, Executor, Listening, Parameter, Patience, Session } from "./database.ts";
export type { CopyTargetSource } from "./drivers/copy-target.ts";
export type { ExecutorSource } from "./drivers/executor-source.ts";
export { toExecutor, type ExecutorOptions } from "./drivers/to-executor.ts";
export { sqlstateOf } from "./sqlstate-of.ts";

// errors
export { SkytoolsError } from "../errors/index.ts";
export type { ErrorCode } from "../errors/index.ts";
