// A queue as the program knows it: its name, what its events look like, how they are written. It has no connection;
// producers and consumers share one description, in TypeScript with the same types.
import { nearestName, SkytoolsError } from "../errors/index.ts";
import { decodePayload, encodePayload } from "./payload.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./standard-schema.ts";

/** json: payloads are any JSON value. text: payloads are strings, stored as they are. */
export type EventFormat = "json" | "text";

/** Event type to the schema of its payload. */
export type EventSchemas = Readonly<Record<string, StandardSchema>>;

/** Events of a queue without schemas: any type, any payload that the format can hold. */
export type AnyEvents<Format extends EventFormat = "json"> = Readonly<
  Record<string, StandardSchema<Format extends "text" ? string | null : unknown>>
>;

/** What defineQueue takes. */
export interface QueueOptions<Events extends EventSchemas, Format extends EventFormat> {
  /**
   * Schemas (zod, valibot, arktype, whatever has the Standard Schema interface) by event type. Payloads are checked
   * when they are sent and parsed when they are read; other types are refused.
   */
  readonly events?: Events;
  /** Default json. */
  readonly format?: Format;
  /**
   * Default true: where OpenTelemetry is in use, sending and consuming make spans, and the trace goes from one to the
   * other in ev_extra4, unless the event uses that field. false: none of that.
   */
  readonly traceContext?: boolean;
}

/** What defineQueue gives: a queue without a connection, the same for producers and consumers. */
export interface Queue<Events extends EventSchemas = EventSchemas, Format extends EventFormat = EventFormat> {
  readonly name: string;
  readonly format: Format;
  /** Undefined: any type, nothing is checked. */
  readonly events: Events | undefined;
  readonly traceContext: boolean;
  /**
   * The text for ev_data. A promise only if the schema is asynchronous.
   * @throws PAYLOAD_INVALID, EVENT_TYPE_UNKNOWN
   */
  encodePayload(type: string | null, payload: unknown): string | null | Promise<string | null>;
  /**
   * The payload from the text in ev_data. A promise only if the schema is asynchronous.
   * @throws PAYLOAD_INVALID, EVENT_TYPE_UNKNOWN
   */
  parsePayload(type: string | null, data: string | null): unknown;
}

/** Wherever a queue is named: a description, or only the name, for a JSON queue without schemas. */
export type QueueOrName = Queue | string;

/** The schemas of a queue; of a name, those that fit anything. */
export type EventsOf<Q extends QueueOrName> = Q extends Queue<infer Events> ? Events : AnyEvents;

/** The event types of a queue. */
export type EventTypeOf<Q extends QueueOrName> = keyof EventsOf<Q> & string;

/** What a producer gives as payload. */
export type PayloadInputOf<Q extends QueueOrName, Type extends EventTypeOf<Q> = EventTypeOf<Q>> = SchemaInput<
  EventsOf<Q>[Type]
>;

/** What a consumer gets as payload. */
export type PayloadOf<Q extends QueueOrName, Type extends EventTypeOf<Q> = EventTypeOf<Q>> = SchemaOutput<
  EventsOf<Q>[Type]
>;

const OPTIONS = ["events", "format", "traceContext"];

/**
 * Describes a queue. Whether it exists is seen when it is used.
 *
 *     const orders = defineQueue("orders", { events: { "order:paid": z.object({ id: z.number() }) } });
 *
 * @throws WRONG_USE
 */
export function defineQueue<Format extends EventFormat = "json", Events extends EventSchemas = AnyEvents<Format>>(
  name: string,
  options: QueueOptions<Events, Format> = {},
): Queue<Events, Format> {
  checkName(name);
  checkOptions(options);
  // The default of Format is what this default says.
  const { events, format = "json" as Format, traceContext = true } = options;
  const rules = { queue: name, format, schemas: events === undefined ? undefined : new Map(Object.entries(events)) };
  return Object.freeze({
    name,
    format,
    events,
    traceContext,
    encodePayload: (type: string | null, payload: unknown) => encodePayload(rules, type, payload),
    parsePayload: (type: string | null, data: string | null) => decodePayload(rules, type, data),
  });
}

const plainQueues = new Map<string, Queue>();
const PLAIN_QUEUES_KEPT = 1_000;

/** The description that is meant by a description or a name. @throws WRONG_USE */
export function toQueue(queue: QueueOrName): Queue {
  if (typeof queue === "object") return queue;
  let plain = plainQueues.get(queue);
  if (plain === undefined) {
    plain = defineQueue(queue);
    if (plainQueues.size >= PLAIN_QUEUES_KEPT) plainQueues.clear();
    plainQueues.set(queue, plain);
  }
  return plain;
}

// These see what plain JavaScript passes, hence unknown.
function checkName(name: unknown): void {
  if (typeof name !== "string" || name === "") throw new SkytoolsError("WRONG_USE", "a queue's name is a text");
  if (name.includes("\0")) throw new SkytoolsError("WRONG_USE", "a queue's name cannot have a NUL character in it");
}

function checkOptions(options: object): void {
  for (const key of Object.keys(options)) {
    if (OPTIONS.includes(key)) continue;
    const nearest = nearestName(key, OPTIONS);
    throw new SkytoolsError("WRONG_USE", `defineQueue has no option "${key}"`, {
      hint: nearest === null ? `options are ${OPTIONS.join(", ")}` : `do you mean "${nearest}"?`,
    });
  }
  const { events, format }: { events?: unknown; format?: unknown } = options;
  if (format !== undefined && format !== "json" && format !== "text") {
    throw new SkytoolsError("WRONG_USE", 'the format of a queue is "json" or "text"');
  }
  if (events === undefined) return;
  if (typeof events !== "object" || events === null) {
    throw new SkytoolsError("WRONG_USE", "events must be an object of event types and their schemas");
  }
  for (const [type, schema] of Object.entries(events)) {
    if (isSchema(schema)) continue;
    throw new SkytoolsError("WRONG_USE", `the schema of event type "${type}" is not a Standard Schema`, {
      hint: "zod 3.24, valibot 1 and arktype 2 or newer have the interface",
    });
  }
}

/** arktype's schemas are functions. */
function isSchema(value: unknown): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard: unknown = "~standard" in value ? value["~standard"] : undefined;
  return typeof standard === "object" && standard !== null && "validate" in standard;
}
