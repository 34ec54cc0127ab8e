// What observers can subscribe to: channels of node:diagnostics_channel, and what is published there. A message is made
// only when somebody listens.
import { channel } from "node:diagnostics_channel";
import type { BatchInfo } from "../consumer/seam.ts";

/** A call of send, sendOnce, sendMany or copyEvents is over. The transaction is the caller's and may still roll back. */
export interface SendMessage {
  readonly queue: string;
  readonly method: "send" | "sendMany" | "copyEvents";
  /** Events that were given; 0 after an error. */
  readonly events: number;
  /** In the order of the events; null for copyEvents and after an error. */
  readonly ids: readonly bigint[] | null;
  readonly durationMs: number;
  /** null: all went well. */
  readonly error: unknown;
}

/** A batch was opened, was finished (committed), or was given up: rolled back, to come again. */
export type BatchMessage =
  | { readonly state: "opened"; readonly batch: BatchInfo }
  | {
      readonly state: "finished";
      readonly batch: BatchInfo;
      /** Events read. */
      readonly events: number;
      readonly retried: number;
      readonly dead: number;
      readonly durationMs: number;
    }
  | {
      readonly state: "given-up";
      readonly batch: BatchInfo;
      readonly events: number;
      readonly error: unknown;
      readonly durationMs: number;
    };

/** What became of an event; given-up: its batch is given up with it. */
export type EventOutcome = "done" | "retry" | "dead-letter" | "given-up";

/** The handler of consumer.run() has done with an event. */
export interface EventMessage {
  readonly queue: string;
  readonly consumer: string;
  readonly batchId: bigint;
  readonly eventId: bigint;
  readonly type: string | null;
  /** How often it was tried again before. */
  readonly retries: number;
  readonly outcome: EventOutcome;
  /** null: the handler did not fail. */
  readonly error: unknown;
  readonly durationMs: number;
}

/** A session of a consumer ended, or there was none to be had; another one is asked for after `retryInMs`. */
export interface ReconnectMessage {
  readonly queue: string;
  readonly consumer: string;
  /** work: the one that reads and finishes batches. listen: the one that waits for notifications. */
  readonly session: "work" | "listen";
  /** What ended it, an error of the handler included; null when the server or a pooler just closed it. */
  readonly cause: unknown;
  /** In a row, this one included. */
  readonly failures: number;
  readonly retryInMs: number;
}

/** A consumer that had nothing to do looks again. */
export interface WakeUpMessage {
  readonly queue: string;
  readonly consumer: string;
  /** notification: a tick was told. poll: time was up. */
  readonly by: "notification" | "poll";
}

/** Name of the channel to what is published there. */
export interface TelemetryMessages {
  "skytools:pgq:send": SendMessage;
  "skytools:pgq:batch": BatchMessage;
  "skytools:pgq:event": EventMessage;
  "skytools:pgq:reconnect": ReconnectMessage;
  "skytools:pgq:wake-up": WakeUpMessage;
}

interface Publisher<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

function publisher<Name extends keyof TelemetryMessages>(name: Name): Publisher<TelemetryMessages[Name]> {
  return channel(name);
}

// Kept here, because Node forgets a channel that nobody holds.
export const sendChannel = publisher("skytools:pgq:send");
export const batchChannel = publisher("skytools:pgq:batch");
export const eventChannel = publisher("skytools:pgq:event");
export const reconnectChannel = publisher("skytools:pgq:reconnect");
export const wakeUpChannel = publisher("skytools:pgq:wake-up");
