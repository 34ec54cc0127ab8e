export type { BatchLimits, CascadeBatch, ConsumerState, NodeType } from "./consumer/batch.ts";
export { runCascadedCommand, cascadedCommand, type CascadedCommand, type CommandParts } from "./consumer/commands.ts";
export { lockConsumer, tryHoldConsumer } from "./consumer/lock.ts";
export {
  cascadedConsumerOptions,
  cascadedWorkerOptions,
  type LoopValues,
  type WorkerValues,
} from "./consumer/options.ts";
export type { BatchHooks, WorkerBatch, WorkerHooks } from "./worker/hooks.ts";
export { type Duties } from "./worker/duties.ts";
export type { WorkerNode } from "./worker/node.ts";
export { type CascadedWorkerOptions, runCascadedWorker } from "./worker/worker.ts";
export {
  cascadedConsumerProgram,
  type CascadedConsumerProgram,
  type CascadedService,
  cascadedWorkerProgram,
  type CascadedWorkerProgram,
} from "./worker/program.ts";
export * from "./events/index.ts";
export * from "./sql-calls/index.ts";
export * from "./admin/index.ts";
export * from "./commands/index.ts";
export { runSetadm, setadm } from "./setadm.ts";
export * from "./status/index.ts";
