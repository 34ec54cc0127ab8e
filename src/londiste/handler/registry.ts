// The handlers that a program knows: those of the package, and those that its user adds.
import type { HandlerArgs, HandlerArgValues } from "./arguments.ts";
import type { HandlerDefinition } from "./definition.ts";
import type { HandlerRequest, TableHandler } from "./table-handler.ts";

/** Definitions of any arguments in one list. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a definition is invariant in its arguments
export type AnyHandlerDefinition = HandlerDefinition<any>;

export interface HandlerRegistryOptions {
  /** Handlers besides those of the package. One of the same name takes the place of ours. */
  readonly handlers?: readonly AnyHandlerDefinition[];
  /** Keys of the configuration, for the handlers. */
  readonly setting?: (key: string) => string | null;
}

export interface HandlerRegistry {
  /** In the order of their names. */
  readonly definitions: readonly AnyHandlerDefinition[];
  /** Makes the handler of a table; cheap. @throws HANDLER_UNKNOWN; WRONG_USE on arguments it does not take */
  open(request: HandlerRequest): TableHandler;
}

export type { HandlerArgs, HandlerArgValues };

export function handlerRegistry(options: HandlerRegistryOptions = {}): HandlerRegistry {
  void options;
  throw new Error("not yet");
}
