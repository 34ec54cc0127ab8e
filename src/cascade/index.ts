export type { BatchLimits, CascadeBatch, ConsumerState, NodeType } from "./consumer/batch.ts";
export type { BatchHooks, CascadeEvent, Duties, WorkerBatch, WorkerHooks, WorkerNode } from "./worker/hooks.ts";
export * from "./sql-calls/index.ts";
