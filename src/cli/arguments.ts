// Words of the command line as the library takes them.
import { SkytoolsError } from "../errors/index.ts";
import { parseDuration } from "../service/index.ts";
import { type QueueSettings, settingNamed, type SettingDefinition } from "../pgq/index.ts";
import type { CommandArgument } from "./command.ts";
import type { CommandContext } from "./context.ts";
import { parseInterval } from "./interval.ts";

export const queueArgument: CommandArgument = { name: "queue", doc: "name of the queue" };
export const consumerArgument: CommandArgument = { name: "consumer", doc: "name of the consumer" };

/** A required argument by its place. @throws WRONG_USE when it is empty */
export function argument(context: CommandContext, index: number, name: string): string {
  const word = context.args[index] ?? "";
  if (word === "") throw new SkytoolsError("WRONG_USE", `the name of the ${name} is empty`, { hint: `give a ${name}` });
  return word;
}

/** An id as the server counts: a whole number up to 2^63-1. @throws WRONG_USE */
export function parseId(word: string, what: string): bigint {
  const id = /^\d{1,19}$/.test(word) ? BigInt(word) : null;
  if (id !== null && id < 2n ** 63n) return id;
  throw new SkytoolsError("WRONG_USE", `"${word}" is no id of ${what}`, { hint: "expected: a whole number" });
}

/** `name=value` words; durations as 3s, 2h, 90 (seconds) or PostgreSQL's "2 hours". @throws SETTING_INVALID, WRONG_USE */
export function parseSettings(words: readonly string[]): QueueSettings {
  const settings: Record<string, unknown> = {};
  for (const word of words) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) {
      throw new SkytoolsError("WRONG_USE", `"${word}" is no setting`, {
        hint: "write name=value, for example ticker_max_lag=1s",
      });
    }
    const definition = settingNamed(name.trim());
    settings[definition.key] = parseValue(definition, value.trim());
  }
  return settings;
}

const TRUE = ["true", "t", "yes", "y", "on", "1"];
const FALSE = ["false", "f", "no", "n", "off", "0"];

function parseValue({ key, column, type }: SettingDefinition, text: string): unknown {
  const word = text.toLowerCase();
  if (type === "bool") {
    if (TRUE.includes(word)) return true;
    if (FALSE.includes(word)) return false;
    throw invalid(column, text, "yes or no");
  }
  if (key === "perTxLimit" && ["none", "null", ""].includes(word)) return null;
  const value = type === "int" ? (/^\d{1,15}$/.test(text) ? Number(text) : null) : durationOf(text);
  if (value === null) throw invalid(column, text, type === "int" ? "a whole number" : "a duration: 500ms, 3s, 2h, 90");
  return value;
}

function durationOf(text: string): number | null {
  return parseDuration(text, "s") ?? parseInterval(text);
}

function invalid(column: string, text: string, expected: string): SkytoolsError {
  return new SkytoolsError("SETTING_INVALID", `${column} does not take "${text}"`, { hint: `expected: ${expected}` });
}
