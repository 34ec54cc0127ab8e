// The values of a command's options, from what commander matched and from the environment.
import type { Option } from "commander";
import { type OptionDefinition, resolveOptions } from "../service/index.ts";
import type { CommandOptions } from "./context.ts";

export function commandOptions(
  options: readonly OptionDefinition[],
  given: (option: OptionDefinition) => string | boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): CommandOptions {
  const table = Object.fromEntries(options.map((option) => [option.name, option]));
  const flags = Object.fromEntries(options.map((option) => [option.name, given(option)]));
  const values: Readonly<Record<string, unknown>> = resolveOptions(table, { flags, env });
  return {
    flag: (name) => values[name] === true,
    text: (name) => {
      const value = values[name];
      return typeof value === "string" ? value : undefined;
    },
    number: (name) => {
      const value = values[name];
      return typeof value === "number" ? value : undefined;
    },
  };
}

/** commander keeps `--no-x` as the opposite of `x`, and a flag without its optional value as true. */
export function givenValue(
  option: OptionDefinition,
  known: Option,
  given: Readonly<Record<string, string | boolean>>,
): string | boolean | undefined {
  const value = given[known.attributeName()];
  if (value === true && option.bare !== undefined) return option.bare;
  return known.negate ? value === false : value;
}
