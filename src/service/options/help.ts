// The option part of --help, from the table.
import { flagName, type OptionDefinition, variableName } from "./define-option.ts";
import { describeType, formatValue } from "./parse-option.ts";

export interface OptionHelp {
  /** `-q, --quiet` or `--db DSN`. */
  readonly flags: string;
  readonly description: string;
}

/** One option, ready for a two-column list. */
export function optionHelp(option: OptionDefinition): OptionHelp {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  const shown = option.bare === undefined ? placeholder(option) : `[${placeholder(option)}]`;
  const value = option.type === "bool" ? "" : ` ${shown}`;
  const shownDefault =
    option.default === undefined || option.default === false ? "" : formatValue(option, option.default);
  const fallback = shownDefault === "" ? "" : `; default ${shownDefault}`;
  const choices = option.type === "text" && option.choices !== undefined ? ` (${option.choices.join(", ")})` : "";
  return {
    flags: `${short}${flagName(option.name)}${value}`,
    description: `${option.doc}${choices}${fallback} [${variableName(option.name)}]`,
  };
}

function placeholder(option: OptionDefinition): string {
  if (option.placeholder !== undefined) return option.placeholder;
  if (option.type === "text") return option.choices === undefined ? "TEXT" : "WORD";
  return describeType(option).replace(/ .*/, "");
}
