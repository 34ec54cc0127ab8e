// The handlers that a program knows: those of the package, and those that its user adds.

import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { readArguments } from "./arguments.ts";
import { defaultHandler } from "./default-handler.ts";
import type { HandlerContext, HandlerDefinition } from "./definition.ts";
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

const builtIn: readonly AnyHandlerDefinition[] = [defaultHandler];

export function handlerRegistry({ handlers = [], setting = () => null }: HandlerRegistryOptions = {}): HandlerRegistry {
  const byName = new Map<string, AnyHandlerDefinition>();
  for (const definition of [...builtIn, ...handlers]) {
    for (const name of [definition.name, ...(definition.oldNames ?? [])]) byName.set(name, definition);
  }
  const definitions = [...new Set(byName.values())].sort((one, other) => (one.name < other.name ? -1 : 1));
  return {
    definitions,
    open({ table, dest, handler }) {
      const name = handler?.name ?? defaultHandler.name;
      const definition = byName.get(name);
      if (definition === undefined) throw unknownHandler(name, table, [...byName.keys()]);
      const { values, others } = readArguments(definition, handler?.args ?? new Map(), table);
      return openHandler(definition, { table, dest, args: values, otherArgs: others, setting });
    },
  };
}

function openHandler(definition: AnyHandlerDefinition, context: HandlerContext): TableHandler {
  definition.check?.(context);
  return {
    name: definition.name,
    needsTable: definition.needsTable?.(context) ?? true,
    triggerArgs: definition.triggerArgs?.(context) ?? [],
    isTriggerSkipping: definition.isTriggerSkipping?.(context) ?? false,
    isSynced: definition.isSynced?.(context) ?? false,
    isTruncateIgnored: definition.isTruncateIgnored?.(context) ?? false,
    copyRows: definition.copyRows?.bind(definition, context) ?? null,
    copyEvent: definition.copyEvent?.bind(definition, context) ?? null,
    async copyCondition(sides) {
      return (await definition.copyCondition?.(context, sides)) ?? null;
    },
    replay: () => definition.replay?.(context) ?? null,
  };
}

function unknownHandler(name: string, table: string, known: readonly string[]): SkytoolsError {
  const near = nearestName(name, known);
  return new SkytoolsError("HANDLER_UNKNOWN", `table ${table}: there is no handler ${name}`, {
    hint: near === null ? `handlers: ${known.join(", ")}` : `did you mean ${near}?`,
  });
}
