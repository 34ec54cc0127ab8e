// Text to the value of an option, with a message that names the option and what it takes.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { expandHome, parseBool, parseDict, parseInteger } from "../config/values.ts";
import { formatDuration, parseDuration, parseSize } from "../duration.ts";
import type { OptionDefinition, OptionTypes } from "./define-option.ts";

/** `origin` is the flag, variable or key as the user wrote it. @throws WRONG_USE */
export function parseOption(option: OptionDefinition, text: string, origin: string): OptionTypes[keyof OptionTypes] {
  switch (option.type) {
    case "text":
      return option.path === true ? expandHome(text) : chosen(option.choices, text, origin);
    case "list":
      return text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
    case "dict":
      return parseDict(text);
    case "bool":
      return orNull(parseBool, text) ?? refuse(origin, text, "yes or no");
    case "int":
      return inRange(option, orNull(parseInteger, text), text, origin);
    case "duration":
      return inRange(option, parseDuration(text, option.unit), text, origin);
    case "size":
      return inRange(option, parseSize(text, option.unit), text, origin);
  }
}

/** The shape of a value, for messages and --help. */
export function describeType(option: OptionDefinition): string {
  if (option.type === "text") return option.choices?.join("|") ?? option.placeholder ?? "TEXT";
  if (option.type === "duration") return `DURATION (plain numbers are ${option.unit ?? "s"}; also 500ms, 10min, 2h)`;
  if (option.type === "size") return `SIZE (plain numbers are ${option.unit ?? "B"}; also 64kB, 10MB)`;
  if (option.type === "list") return "A,B,…";
  if (option.type === "dict") return "K:V,K:V,…";
  return option.type === "int" ? "NUMBER" : "yes|no";
}

/** A value as a user would write it. */
export function formatValue(option: OptionDefinition, value: OptionTypes[keyof OptionTypes]): string {
  if (typeof value === "object") {
    return "has" in value ? [...value].map(([key, item]) => `${key}:${item}`).join(", ") : value.join(", ");
  }
  if (option.type === "duration" && typeof value === "number") return formatDuration(value);
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

type Ranged = Extract<OptionDefinition, { readonly type: "int" | "duration" | "size" }>;

function inRange(option: Ranged, value: number | null, text: string, origin: string): number {
  if (value === null) throw wrong(origin, text, describeType(option));
  const { min, max } = option;
  if (min !== undefined && value < min) throw wrong(origin, text, `not below ${formatValue(option, min)}`);
  if (max !== undefined && value > max) throw wrong(origin, text, `not above ${formatValue(option, max)}`);
  return value;
}

function orNull<T>(parse: (text: string) => T, text: string): T | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function refuse(origin: string, text: string, expected: string): never {
  throw wrong(origin, text, expected);
}

function chosen(choices: readonly string[] | undefined, text: string, origin: string): string {
  if (choices === undefined || choices.includes(text)) return text;
  const nearest = nearestName(text, choices);
  const meant = nearest === null ? "" : `; did you mean ${nearest}?`;
  throw wrong(origin, text, `one of ${choices.join(", ")}${meant}`);
}

function wrong(origin: string, text: string, expected: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `${origin} does not take "${text}"`, { hint: `expected: ${expected}` });
}
