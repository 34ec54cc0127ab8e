// What a consumer tells about itself while it runs.
import { emitWarning } from "node:process";
import type { BatchInfo } from "./seam.ts";

/** A batch was finished. */
export interface BatchReport {
  readonly batch: BatchInfo;
  /** Events read. */
  readonly events: number;
  readonly retried: number;
  readonly dead: number;
  /** From the opening of the batch to its commit. */
  readonly durationMs: number;
}

/** A pass failed; it is tried again. */
export interface FailureReport {
  readonly error: unknown;
  /** The batch that was worked on, if there was one. */
  readonly batch: BatchInfo | null;
  /** Passes that failed in a row, this one included. */
  readonly failures: number;
  /** The next try comes after this time. */
  readonly retryInMs: number;
}

/** A handler failed for one event. */
export interface EventFailureReport {
  readonly error: unknown;
  readonly batch: BatchInfo;
  readonly eventId: bigint;
  /** What becomes of the event. */
  readonly outcome: "retry" | "dead-letter";
  /** How often it was tried again before. */
  readonly retries: number;
}

/** What consumer.on() can listen to. */
export interface Reports {
  /** A batch was finished. */
  batch: BatchReport;
  /** A pass failed; it is tried again. Without a listener it becomes a warning of the process. */
  failure: FailureReport;
  /** A handler failed for one event. */
  eventFailure: EventFailureReport;
  /** A notification says that there is a new tick; not told where LISTEN does not work. */
  tick: { readonly queue: string };
  /** Something that somebody should look at. Without a listener it becomes a warning of the process. */
  warning: { readonly message: string; readonly hint: string };
}

export type Listener<Name extends keyof Reports> = (report: Reports[Name]) => void;

export class Reporter {
  readonly #listeners = new Map<keyof Reports, Set<Listener<never>>>();

  /** @returns removes the listener */
  on<Name extends keyof Reports>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** @returns false when nobody listens */
  tell<Name extends keyof Reports>(name: Name, report: Reports[Name]): boolean {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of listeners) (listener as Listener<Name>)(report);
    return true;
  }

  warn(message: string, hint: string): void {
    if (!this.tell("warning", { message, hint })) emitWarning(`${message}; ${hint}`, { type: "SkytoolsWarning" });
  }
}
