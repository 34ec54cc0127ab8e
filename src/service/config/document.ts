// What a configuration file says, before interpolation and before anybody knows which keys there are.
import { SkytoolsError } from "../../errors/index.ts";

export interface ConfigEntry {
  readonly value: string;
  /** `file:line`, for messages. */
  readonly origin: string;
}

/** Keys and their values in the order of the file. */
export type ConfigSection = ReadonlyMap<string, ConfigEntry>;

export interface ConfigDocument {
  readonly path: string;
  /** [DEFAULT], which supplies keys for all other sections; always empty in the dialect of pgqd. */
  readonly defaults: ConfigSection;
  readonly sections: ReadonlyMap<string, ConfigSection>;
}

/** Reads the text of an included file; throws what node:fs throws. */
export type ReadText = (path: string) => string;

export function configError(message: string, hint?: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("CONFIG_FILE", message, { hint, cause });
}

/** Lines without their ends; a byte order mark is dropped. */
export function linesOf(text: string): readonly string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
