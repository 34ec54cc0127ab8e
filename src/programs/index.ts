export { consumerProgram } from "./consumer/program.ts";
export { consumerKeys } from "./consumer/options.ts";
export type { ConsumerContext, ConsumerProgram, ConsumerService } from "./consumer/definition.ts";
export type { ConsumerKind } from "./consumer/kind.ts";
