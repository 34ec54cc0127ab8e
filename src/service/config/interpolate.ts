// Values that contain others. Format 1: %(key)s and %%; format 2: ${key}, ${section:key} and $$.
// Source: Python's ConfigParser, basic and extended interpolation.
import { configError } from "./document.ts";

export const configFormats = ["1", "2"] as const;
export type ConfigFormat = (typeof configFormats)[number];

/** Gives the raw value of a key: of the same section when `section` is undefined. undefined: there is none. */
export type RawLookup = (key: string, section: string | undefined) => string | undefined;

export interface Interpolation {
  readonly format: ConfigFormat;
  readonly lookup: RawLookup;
  /** How messages name the value: `file:line: key "db"`. */
  readonly origin: string;
}

/** Values may refer to values, but not endlessly. */
const MAX_DEPTH = 10;

interface Reference {
  readonly key: string;
  readonly section: string | undefined;
}

/** @throws CONFIG_FILE on a wrong use of the sign and on a key that there is not */
export function interpolate(raw: string, how: Interpolation): string {
  return expand(raw, how, undefined, 1);
}

function expand(raw: string, how: Interpolation, section: string | undefined, depth: number): string {
  const sign = how.format === "1" ? "%" : "$";
  let value = "";
  let rest = raw;
  for (let at = rest.indexOf(sign); at !== -1; at = rest.indexOf(sign)) {
    if (depth > MAX_DEPTH) {
      throw configError(`${how.origin} refers to itself, or through more than ${MAX_DEPTH} keys`);
    }
    value += rest.slice(0, at);
    rest = rest.slice(at);
    if (rest[1] === sign) {
      value += sign;
      rest = rest.slice(2);
      continue;
    }
    const [reference, length] = readReference(rest, how);
    const inSection = reference.section ?? section;
    const referred = how.lookup(reference.key, inSection);
    if (referred === undefined) throw missing(rest.slice(0, length), how);
    value += expand(referred, how, inSection, depth + 1);
    rest = rest.slice(length);
  }
  return value + rest;
}

function readReference(text: string, { format, origin }: Interpolation): readonly [Reference, number] {
  if (format === "1") {
    const matched = /^%\(([^)]+)\)s/.exec(text);
    if (matched?.[1] === undefined) {
      throw configError(`${origin} has a lone "%"`, "write %% for a percent sign, %(key)s for the value of a key");
    }
    return [{ key: matched[1].toLowerCase(), section: undefined }, matched[0].length];
  }
  const matched = /^\$\{([^}]+)\}/.exec(text);
  const parts = matched?.[1]?.split(":") ?? [];
  if (matched === null || parts.length > 2) {
    throw configError(`${origin} has a lone "$"`, "write $$ for a dollar sign, ${key} or ${section:key} for a value");
  }
  const key = (parts.at(-1) ?? "").toLowerCase();
  return [{ key, section: parts.length === 2 ? parts[0] : undefined }, matched[0].length];
}

function missing(reference: string, { origin, format }: Interpolation): Error {
  const hint = format === "1" ? "write %% for a percent sign" : "write $$ for a dollar sign";
  return configError(`${origin} refers to ${reference}, which is not there`, `set that key, or ${hint}`);
}
