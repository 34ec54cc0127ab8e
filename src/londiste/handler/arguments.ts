// The arguments of a handler: `key=…` in the table's attributes, described once for checking and for the help.
import { nearestName, SkytoolsError } from "../../errors/index.ts";

export interface HandlerArgTypes {
  readonly text: string;
  readonly int: number;
  readonly bool: boolean;
  /** Comma list. */
  readonly list: readonly string[];
}

export interface HandlerArg<T extends keyof HandlerArgTypes = keyof HandlerArgTypes> {
  readonly type: T;
  /** Without a default the value is null when it is not given. */
  readonly default?: HandlerArgTypes[T];
  readonly isRequired?: true;
  readonly choices?: readonly string[];
  readonly oldNames?: readonly string[];
  /** One sentence without a full stop. */
  readonly doc: string;
}

export type HandlerArgs = Readonly<
  Record<string, HandlerArg<"text"> | HandlerArg<"int"> | HandlerArg<"bool"> | HandlerArg<"list">>
>;

type ArgValue<A extends HandlerArg> = A extends { readonly default: unknown } | { readonly isRequired: true }
  ? HandlerArgTypes[A["type"]]
  : HandlerArgTypes[A["type"]] | null;

export type HandlerArgValues<A extends HandlerArgs> = { readonly [K in keyof A]: ArgValue<A[K]> };

export interface ReadArguments {
  readonly values: Record<string, HandlerArgTypes[keyof HandlerArgTypes] | null>;
  /** Those that the handler does not name. */
  readonly others: ReadonlyMap<string, string>;
}

interface ArgumentTaker {
  readonly name: string;
  readonly args: HandlerArgs;
  readonly takesOtherArgs?: boolean;
}

/** @throws WRONG_USE on an argument that is missing, unknown, or no value of its type */
export function readArguments(
  handler: ArgumentTaker,
  given: ReadonlyMap<string, string>,
  table: string,
): ReadArguments {
  const values: Record<string, HandlerArgTypes[keyof HandlerArgTypes] | null> = {};
  const others = new Map(given);
  for (const [name, argument] of Object.entries(handler.args)) {
    const used = [name, ...(argument.oldNames ?? [])].find((candidate) => others.has(candidate));
    const text = used === undefined ? undefined : others.get(used);
    if (used !== undefined) others.delete(used);
    if (text === undefined && argument.isRequired === true) throw wrong(`needs the argument ${name}`);
    values[name] = text === undefined ? (argument.default ?? null) : readValue(name, argument, text);
  }
  const [unknown] = others.keys();
  if (unknown !== undefined && handler.takesOtherArgs !== true) {
    const near = nearestName(unknown, Object.keys(handler.args));
    throw wrong(`does not take the argument ${unknown}`, near === null ? undefined : `did you mean ${near}?`);
  }
  return { values, others };

  function readValue(
    name: string,
    { type, choices }: HandlerArg,
    text: string,
  ): HandlerArgTypes[keyof HandlerArgTypes] {
    if (choices !== undefined && !choices.includes(text)) throw wrong(`${name} must be one of ${choices.join(", ")}`);
    if (type === "list") return text.split(",").map((item) => item.trim());
    if (type === "bool") return readBool(name, text);
    if (type === "text") return text;
    if (!/^[+-]?\d+$/.test(text)) throw wrong(`${name} must be a whole number`);
    return Number(text);
  }

  function readBool(name: string, text: string): boolean {
    if (/^(1|true|yes|on|t|y)$/i.test(text)) return true;
    if (/^(0|false|no|off|f|n|)$/i.test(text)) return false;
    throw wrong(`${name} must be 0 or 1`);
  }

  function wrong(what: string, hint?: string): SkytoolsError {
    return new SkytoolsError("WRONG_USE", `table ${table}: handler ${handler.name} ${what}`, { hint });
  }
}
