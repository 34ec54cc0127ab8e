// What `import … from "skytools/service"` gives: programs that run long, with or without a queue.

// a consumer as a program
export { consumerProgram } from "./consumer/program.ts";
export type { ConsumerContext, ConsumerProgram, ConsumerService } from "./consumer/definition.ts";
export type { ConsumerKind } from "./consumer/kind.ts";

// any program
export { defineProgram, runAsMain, runProgram, defineOption } from "../service/index.ts";
export type {
  ComponentHealth,
  Config,
  ConnectionRequest,
  Connections,
  Health,
  Isolation,
  LifeCycle,
  Logger,
  LoopOptions,
  Metrics,
  OptionDefinition,
  OptionTable,
  OptionValues,
  PassContext,
  ProgramArgument,
  ProgramDefinition,
  ProgramOptions,
  ProgramWorld,
  Service,
  Stats,
  Work,
} from "../service/index.ts";

// errors
export { SkytoolsError } from "../errors/index.ts";
export type { ErrorCode } from "../errors/index.ts";
