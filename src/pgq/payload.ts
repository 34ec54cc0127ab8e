// Payloads to the text in ev_data and back, checked by the schema of the event's type if there is one.
//
// What is checked at the sender is what a reader will get: the value after its way through JSON. So nothing gets into a
// queue that its own schema would refuse on the way out (a Date where the schema wants a Date, say).
import { nearestName, SkytoolsError } from "../errors/index.ts";
import { PayloadError } from "./payload-error.ts";
import type { SchemaResult, StandardSchema } from "./standard-schema.ts";

export interface PayloadRules {
  readonly queue: string;
  readonly format: "json" | "text";
  readonly schemas: ReadonlyMap<string, StandardSchema> | undefined;
}

/** The text of a payload. No payload (undefined; in text queues also null) is null. */
export function encodePayload(
  rules: PayloadRules,
  type: string | null,
  payload: unknown,
): string | null | Promise<string | null> {
  const schema = schemaOf(rules, type);
  const data = rules.format === "json" ? toJson(rules, type, payload) : toText(rules, type, payload);
  if (schema === undefined) return data;
  const checked = check(rules, type, schema, fromData(rules, type, data));
  return checked instanceof Promise ? checked.then(() => data) : data;
}

/** The payload in a text: undefined (in text queues null) for null. */
export function decodePayload(rules: PayloadRules, type: string | null, data: string | null): unknown {
  const schema = schemaOf(rules, type);
  const value = fromData(rules, type, data);
  return schema === undefined ? value : check(rules, type, schema, value);
}

function schemaOf({ queue, schemas }: PayloadRules, type: string | null): StandardSchema | undefined {
  if (schemas === undefined) return undefined;
  const schema = type === null ? undefined : schemas.get(type);
  if (schema !== undefined) return schema;
  const nearest = type === null ? null : nearestName(type, schemas.keys());
  throw new SkytoolsError("EVENT_TYPE_UNKNOWN", `queue ${queue} has no schema for events of type ${quoted(type)}`, {
    hint: nearest === null ? "its types are those in `events` of defineQueue" : `do you mean "${nearest}"?`,
    details: { queue, type },
  });
}

function check({ queue }: PayloadRules, type: string | null, schema: StandardSchema, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  const take = (done: SchemaResult<unknown>): unknown => {
    if (done.issues === undefined) return done.value;
    throw new PayloadError({ queue, type }, done.issues);
  };
  return result instanceof Promise ? result.then(take) : take(result);
}

function toJson({ queue }: PayloadRules, type: string | null, payload: unknown): string | null {
  try {
    // For a function, a symbol and undefined there is no text, whatever the types say.
    const text = JSON.stringify(payload) as string | undefined;
    if (text !== undefined || payload === undefined) return text ?? null;
  } catch {
    // a bigint, a circle, or a toJSON that throws; the error may quote the value
  }
  throw new PayloadError({ queue, type }, "cannot be written as JSON");
}

function toText({ queue }: PayloadRules, type: string | null, payload: unknown): string | null {
  if (payload === undefined || payload === null || typeof payload === "string") return payload ?? null;
  throw new PayloadError({ queue, type }, "must be a text, as the format of the queue is text");
}

function fromData({ queue, format }: PayloadRules, type: string | null, data: string | null): unknown {
  if (format === "text") return data;
  if (data === null) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    throw new PayloadError({ queue, type }, "is not JSON"); // the parser's error quotes the data
  }
}

function quoted(type: string | null): string {
  return type === null ? "null" : JSON.stringify(type);
}
