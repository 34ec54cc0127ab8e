export type { HandlerArg, HandlerArgs, HandlerArgTypes, HandlerArgValues } from "./arguments.ts";
export {
  defineHandler,
  type CopyOutcome,
  type CopyRequest,
  type CopySides,
  type HandlerContext,
  type HandlerDefinition,
  type HandlerReplay,
  type ReplayBatch,
  type ReplayTools,
} from "./definition.ts";
export {
  handlerRegistry,
  type AnyHandlerDefinition,
  type HandlerRegistry,
  type HandlerRegistryOptions,
} from "./registry.ts";
export type { HandlerRequest, TableHandler } from "./table-handler.ts";
