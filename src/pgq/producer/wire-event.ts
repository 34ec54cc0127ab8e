// An event on its way to the server: checked, with its payload as text. Also what plain JavaScript passes goes through
// here, so nothing is taken for granted.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import type { Queue } from "../queue.ts";
import type { UntypedEvent } from "./event-input.ts";

export interface WireEvent {
  readonly type: string | null;
  readonly data: string | null;
  readonly extra1: string | null;
  readonly extra2: string | null;
  readonly extra3: string | null;
  readonly extra4: string | null;
  readonly key: string | null;
  /** Infinity: for ever. */
  readonly keyLifetimeMs: number;
  readonly delayMs: number | null;
  /** timestamptz as text. */
  readonly at: string | null;
}

const DAY_MS = 86_400_000;
const MAX_KEY_BYTES = 2_000;

const FIELDS = new Set<string>([
  "type",
  "payload",
  "data",
  "extra1",
  "extra2",
  "extra3",
  "extra4",
  "key",
  "keyLifetimeMs",
  "delayMs",
  "at",
] satisfies (keyof UntypedEvent)[]);

/**
 * A promise only if the schema of the payload is asynchronous. `traceField` goes into extra4, unless the event uses it.
 * @throws WRONG_USE, PAYLOAD_INVALID, EVENT_TYPE_UNKNOWN
 */
export function toWire(queue: Queue, event: UntypedEvent, traceField: string | null): WireEvent | Promise<WireEvent> {
  checkFields(event);
  const data = dataOf(queue, event);
  return data instanceof Promise
    ? data.then((text) => wireOf(event, text, traceField))
    : wireOf(event, data, traceField);
}

function wireOf(event: UntypedEvent, data: string | null, traceField: string | null): WireEvent {
  const { key = null, delayMs = null } = event;
  const at = event.at instanceof Date ? dateText(event.at) : (event.at ?? null);
  if ((key !== null && (delayMs !== null || at !== null)) || (delayMs !== null && at !== null)) {
    throw new SkytoolsError("WRONG_USE", "an event can have only one of key, delayMs and at");
  }
  if (key !== null && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new SkytoolsError("WRONG_USE", `the key of an event has more than ${MAX_KEY_BYTES} bytes`);
  }
  return {
    type: text("type", event.type),
    data: text("data", data),
    extra1: text("extra1", event.extra1 ?? null),
    extra2: text("extra2", event.extra2 ?? null),
    extra3: text("extra3", event.extra3 ?? null),
    extra4: text("extra4", event.extra4 ?? traceField),
    key: text("key", key),
    keyLifetimeMs: duration("keyLifetimeMs", event.keyLifetimeMs ?? DAY_MS, Infinity),
    delayMs: delayMs === null ? null : duration("delayMs", delayMs, Number.MAX_SAFE_INTEGER),
    at: text("at", at),
  };
}

function checkFields(event: unknown): void {
  if (typeof event !== "object" || event === null) {
    throw new SkytoolsError("WRONG_USE", "an event is an object with type and payload");
  }
  for (const field in event) {
    if (FIELDS.has(field)) continue;
    const nearest = nearestName(field, FIELDS);
    throw new SkytoolsError("WRONG_USE", `an event has no field "${field}"`, {
      hint: nearest === null ? `fields are ${[...FIELDS].join(", ")}` : `do you mean "${nearest}"?`,
    });
  }
}

/** Text given as it is has to fit the schema all the same. */
function dataOf(queue: Queue, event: UntypedEvent): string | null | Promise<string | null> {
  if (event.data === undefined) return queue.encodePayload(event.type, event.payload);
  if (event.payload !== undefined) throw new SkytoolsError("WRONG_USE", "an event has payload or data, not both");
  const data = text("data", event.data);
  if (queue.events === undefined) return data;
  const payload = queue.parsePayload(event.type, data);
  return payload instanceof Promise ? payload.then(() => data) : data;
}

/** In every Node since 20, but in the compiler's library only from ES2024. */
interface WellFormed {
  isWellFormed(): boolean;
}

function text(field: string, value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== "string") throw new SkytoolsError("WRONG_USE", `${field} of an event must be a text`);
  const hasNul = value.includes("\0");
  // Half a surrogate pair would arrive as another character.
  if (!hasNul && (value as unknown as WellFormed).isWellFormed()) return value;
  const what = hasNul ? "a NUL character" : "half a surrogate pair";
  throw new SkytoolsError("WRONG_USE", `${field} of an event has ${what} in it, which PostgreSQL cannot store`, {
    hint: "in a JSON payload such characters are escaped and no trouble",
  });
}

function duration(field: string, value: unknown, max: number): number {
  if (typeof value === "number" && value > 0 && value <= max) return value;
  if (value === 0 && field === "delayMs") return value;
  throw new SkytoolsError("WRONG_USE", `${field} of an event must be a number of milliseconds`);
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new SkytoolsError("WRONG_USE", "at of an event is not a valid date");
  return date.toISOString();
}
