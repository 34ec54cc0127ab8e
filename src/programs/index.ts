export { consumerProgram } from "./consumer/program.ts";
export { consumerKeys } from "./consumer/options.ts";
export type { ConsumerContext, ConsumerProgram, ConsumerService } from "./consumer/definition.ts";
export type { ConsumerKind } from "./consumer/kind.ts";
export { commandProgram } from "./commands/command-program.ts";
export {
  type AnyCommand,
  type CommandContext,
  type CommandExample,
  type CommandProgram,
  type CommandValues,
  programCommand,
  type ProgramCommand,
} from "./commands/define.ts";
export type { ProgressDisplay } from "./commands/progress.ts";
export { consumerOptions, kindOptions, type NoOptions } from "./consumer/options.ts";
export { ConsumerMetrics } from "./consumer/metrics.ts";
export { BatchStats } from "./consumer/stats.ts";
