export { consumerProgram } from "./consumer/program.ts";
export { consumerKeys } from "./consumer/options.ts";
export type { ConsumerContext, ConsumerProgram, ConsumerService } from "./consumer/definition.ts";
export type { ConsumerKind } from "./consumer/kind.ts";
export * from "./commands/index.ts";
export { consumerOptions, kindOptions, type NoOptions } from "./consumer/options.ts";
export { ConsumerMetrics } from "./consumer/metrics.ts";
export { BatchStats } from "./consumer/stats.ts";
