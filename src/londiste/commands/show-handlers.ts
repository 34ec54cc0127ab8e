// show-handlers.
import { SkytoolsError } from "../../errors/index.ts";
import { programCommand } from "../../programs/index.ts";
import { type AnyHandlerDefinition, type HandlerArgs, handlerRegistry } from "../handler/index.ts";

export const showHandlersCommand = programCommand({
  name: "show-handlers",
  summary: "list the handlers, or what the named ones take",
  args: [{ name: "handler", doc: "name", isOptional: true, isRest: true }],
  needsFile: false,
  examples: [{ line: "show-handlers londiste", doc: "its arguments" }],
  run({ args, out }) {
    const { definitions } = handlerRegistry();
    const shown = args.length === 0 ? definitions : args.map((name) => find(definitions, name));
    out.result(
      shown.map(handlerJson),
      shown.map((handler) => (args.length === 0 ? line(handler) : help(handler))).join(""),
    );
    return Promise.resolve(undefined);
  },
});

function find(definitions: readonly AnyHandlerDefinition[], name: string): AnyHandlerDefinition {
  const found = definitions.find((one) => one.name === name || one.oldNames?.includes(name) === true);
  if (found !== undefined) return found;
  throw new SkytoolsError("WRONG_USE", `there is no handler ${name}`, {
    hint: `known: ${definitions.map((one) => one.name).join(", ")}`,
  });
}

function argsOf({ args }: AnyHandlerDefinition): HandlerArgs {
  return args as HandlerArgs;
}

function handlerJson(handler: AnyHandlerDefinition): object {
  const { name, summary, oldNames = [] } = handler;
  return { name, summary, oldNames, args: argsOf(handler) };
}

function line({ name, summary }: AnyHandlerDefinition): string {
  return `${name.padEnd(24)} ${summary}\n`;
}

function help(handler: AnyHandlerDefinition): string {
  const args = Object.entries(argsOf(handler)).map(
    ([name, arg]) => `  ${name.padEnd(22)} ${arg.doc}${arg.isRequired === true ? " (required)" : ""}\n`,
  );
  return [line(handler), ...args, "\n"].join("");
}
