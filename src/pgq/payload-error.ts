// A payload that cannot be written, read, or does not fit its schema. The message and the details, which end in logs,
// say where, never what: payloads are the users' data, and messages of schema libraries quote them.
import { SkytoolsError } from "../errors/index.ts";
import type { SchemaIssue } from "./standard-schema.ts";

/** The details of a PayloadError. */
export interface PayloadErrorDetails {
  readonly queue: string;
  readonly type: string | null;
  /** Where the payload does not fit, like items[0].price; empty for the payload as a whole. */
  readonly paths: readonly string[];
}

/** More places than this make the message no clearer. */
const PATHS_NAMED = 5;

/** Code PAYLOAD_INVALID. */
export class PayloadError extends SkytoolsError<PayloadErrorDetails> {
  override readonly name = "PayloadError";
  readonly #issues: readonly SchemaIssue[];

  constructor(
    { queue, type }: { readonly queue: string; readonly type: string | null },
    trouble: string | readonly SchemaIssue[],
  ) {
    const issues = typeof trouble === "string" ? [] : trouble;
    const paths = [...new Set(issues.map(pathText))];
    const what = typeof trouble === "string" ? trouble : `does not fit its schema${placesText(paths)}`;
    super("PAYLOAD_INVALID", `the payload of event type ${JSON.stringify(type)} in queue ${queue} ${what}`, {
      details: { queue, type, paths },
    });
    this.#issues = issues;
  }

  /** What the schema says, in its own words, which may quote the payload. Not a property, so that no logger writes it. */
  issues(): readonly SchemaIssue[] {
    return this.#issues;
  }
}

function placesText(paths: readonly string[]): string {
  const named = paths.filter((path) => path !== "");
  if (named.length === 0) return "";
  const more = named.length > PATHS_NAMED ? ` and ${named.length - PATHS_NAMED} more` : "";
  return ` at ${named.slice(0, PATHS_NAMED).join(", ")}${more}`;
}

function pathText({ path = [] }: SchemaIssue): string {
  let text = "";
  for (const segment of path) {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "number") text += `[${key}]`;
    else if (typeof key === "string" && /^[\w$]+$/.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${typeof key === "string" ? JSON.stringify(key) : key.toString()}]`;
  }
  return text;
}
