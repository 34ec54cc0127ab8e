// From what a command is given to what the library functions take.
import { nodeConnections } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { CommandContext } from "../../programs/index.ts";
import type { OptionValues, Service } from "../../service/index.ts";
import { checkTriggerWords } from "../admin/check-trigger-args.ts";
import { type Member, type MemberContext, openMember } from "../admin/member.ts";
import { checkTriggerFlags, type TableTriggerOptions } from "../admin/table-options.ts";
import { type HandlerRegistry, handlerRegistry } from "../handler/index.ts";
import type { HandlerText } from "../tables/handler-text.ts";
import { fullName } from "../tables/table-info.ts";
import type { memberKeys, triggerFlags } from "./keys.ts";

type Keys = typeof memberKeys;

/** @throws what openMember throws */
export async function memberOf(
  context: Pick<CommandContext<Keys>, "service" | "options"> & {
    readonly options: { readonly timeout?: number | null };
  },
): Promise<Member> {
  return await openMember(memberContext(context));
}

/** Also for a database without a node. */
export function memberContext({
  service,
  options,
}: Pick<CommandContext<Keys>, "service" | "options"> & {
  readonly options: { readonly timeout?: number | null };
}): MemberContext {
  const { log, clock, signal } = service;
  if (options.queueName === null) {
    throw new SkytoolsError("WRONG_USE", "the queue is not named", {
      hint: "set queue_name in the configuration file",
    });
  }
  return {
    queue: options.queueName,
    connections: nodeConnections(service, { dbKey: "db" }),
    ...{ log, clock, signal },
    timeoutMs: options.timeout ?? null,
    handlers: registryOf(service),
    filter: filterOf(options),
    lockTimeoutMs: options.lockTimeout,
  };
}

/** Full names. */
export function filterOf(options: OptionValues<Keys>): MemberContext["filter"] {
  return {
    onlyTables: options.registerOnlyTables.map(fullName),
    skipTables: options.registerSkipTables.map(fullName),
    onlySequences: options.registerOnlySeqs.map(fullName),
    skipSequences: options.registerSkipSeqs.map(fullName),
  };
}

/** All handlers, with the keys of the configuration. */
export function registryOf({ config }: Pick<Service<unknown>, "config">): HandlerRegistry {
  return handlerRegistry({ setting: (key) => config.maybe(key) ?? null });
}

/** @throws WRONG_USE */
export function triggerOptionsOf(options: OptionValues<typeof triggerFlags>): TableTriggerOptions {
  checkTriggerFlags(options.triggerFlags);
  checkTriggerWords(options.triggerArg);
  return {
    triggerFlags: options.triggerFlags,
    triggerArgs: options.triggerArg,
    noTriggers: options.noTriggers,
    handler: handlerOf(options.handler, options.handlerArg),
  };
}

function handlerOf(name: string | null, args: readonly string[]): HandlerText | null {
  if (name === null) {
    if (args.length === 0) return null;
    throw new SkytoolsError("WRONG_USE", "--handler-arg needs --handler");
  }
  const pairs = args.map((arg): [string, string] => {
    const equals = arg.indexOf("=");
    if (equals > 0) return [arg.slice(0, equals), arg.slice(equals + 1)];
    throw new SkytoolsError("WRONG_USE", `--handler-arg ${arg} has no value`, { hint: "--handler-arg KEY=VALUE" });
  });
  return { name, args: new Map(pairs) };
}
