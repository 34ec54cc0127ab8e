// What `import … from "skytools/londiste"` gives: consumers and workers of cascaded queues, and the worker of a replica
// set inside of a program of one's own.

// a cascaded consumer, or the worker of a node, as a program
export { cascadedConsumerProgram, cascadedWorkerProgram } from "../cascade/index.ts";
export type {
  BatchHooks,
  BatchLimits,
  CascadeBatch,
  CascadedConsumerProgram,
  CascadedService,
  CascadedWorkerProgram,
  CascadeEvent,
  ConsumerState,
  Duties,
  EventChanges,
  NodeType,
  WorkerBatch,
  WorkerHooks,
  WorkerNode,
} from "../cascade/index.ts";

// the worker of a replica set
export { runLondisteWorker, workerOptions } from "./worker/index.ts";
export type { LondisteWorkerExtras, LondisteWorkerValues } from "./worker/index.ts";

// handlers
export { defineHandler } from "./handler/index.ts";
export type {
  AnyHandlerDefinition,
  HandlerArgs,
  HandlerContext,
  HandlerDefinition,
  HandlerReplay,
  ReplayBatch,
  ReplayTools,
} from "./handler/index.ts";

// running a program
export { runAsMain, runProgram } from "../service/index.ts";
export { SkytoolsError } from "../errors/index.ts";
export type { ErrorCode } from "../errors/index.ts";
