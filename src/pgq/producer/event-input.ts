// What a producer says of an event. With a typed queue, type and payload go together.
import type { EventsOf, PayloadInputOf, EventTypeOf, QueueOrName } from "../queue.ts";

/** Four texts beside the payload. */
export interface EventFields {
  readonly extra1?: string | null | undefined;
  readonly extra2?: string | null | undefined;
  readonly extra3?: string | null | undefined;
  readonly extra4?: string | null | undefined;
}

/** One of key, delayMs and at. */
export interface EventOptions extends EventFields {
  /** An event with a key that was used in this queue not long ago is not inserted again. At most 2000 bytes. */
  readonly key?: string | undefined;
  /** How long the key is remembered; default a day. Infinity: for ever. */
  readonly keyLifetimeMs?: number | undefined;
  /** The event comes into the queue after this time, counted from now. */
  readonly delayMs?: number | undefined;
  /** The event comes into the queue at this time; a text is what the server reads as a timestamp with time zone. */
  readonly at?: Date | string | undefined;
}

/** An event for a queue without schemas. */
export interface UntypedEvent extends EventOptions {
  readonly type: string;
  /** Written in the queue's format. */
  readonly payload?: unknown;
  /** Instead of payload: ev_data as it is. */
  readonly data?: string | null | undefined;
}

type TypedEvent<Type extends string, Payload> = EventOptions & { readonly type: Type } & (undefined extends Payload
    ? { readonly payload?: Payload }
    : { readonly payload: Payload });

/** An event for a queue: of one of its types, with that type's payload. */
export type EventInput<Q extends QueueOrName> = string extends keyof EventsOf<Q>
  ? UntypedEvent
  : { [Type in EventTypeOf<Q>]: TypedEvent<Type, PayloadInputOf<Q, Type>> }[EventTypeOf<Q>];
