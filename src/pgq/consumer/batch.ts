// A batch as the user's code sees it.
import { SkytoolsError } from "../../errors/index.ts";
import type { Session } from "../database.ts";
import type { Queue, QueueOrName } from "../queue.ts";
import { ConsumedEvent, type EventOf, type EventOwner, type RetryOptions } from "./event.ts";
import type { BatchReader } from "./batch-reader.ts";
import type { Outcomes } from "./outcomes.ts";
import type { BatchInfo } from "./seam.ts";

export interface BatchParts {
  readonly info: BatchInfo;
  readonly queue: Queue;
  readonly reader: BatchReader;
  readonly outcomes: Outcomes;
  readonly tx: Session | null;
  readonly signal: AbortSignal;
  readonly canRetry: boolean;
  /** Delay of a retry for which none was given. */
  readonly retryDelayMs: (retries: number) => number;
  /** Finishes the batch and commits. */
  readonly finish: () => Promise<void>;
}

/**
 * The events between two ticks. It is acknowledged when all of its events were read and the next batch is asked for, or
 * by ack(). Whoever stops reading early says ackRest(), or the batch comes again.
 */
export class Batch<Q extends QueueOrName = string> implements AsyncIterable<EventOf<Q>> {
  readonly #parts: BatchParts;
  readonly #owner: EventOwner;
  #isReading = false;
  #isRestAcked = false;
  #isFinished = false;
  #count = 0;
  #current: { readonly rest: () => boolean } | null = null;

  constructor(parts: BatchParts) {
    this.#parts = parts;
    this.#owner = {
      id: parts.info.id,
      tickId: parts.info.tickId,
      queue: parts.queue,
      retry: (event, options) => this.#retry(event, options),
      deadLetter: (event, reason) => this.#deadLetter(event, reason),
    };
  }

  /** int8. */
  get id(): bigint {
    return this.#parts.info.id;
  }
  /** The tick at the end of the batch. */
  get tickId(): bigint {
    return this.#parts.info.tickId;
  }
  /** Everything that is known about the batch. */
  get info(): BatchInfo {
    return this.#parts.info;
  }
  /** The transaction in which the batch is acknowledged; null when the position has none. */
  get tx(): Session | null {
    return this.#parts.tx;
  }
  /** Aborted when the work on the batch must end: stop() has waited long enough, or the batch was given to another. */
  get signal(): AbortSignal {
    return this.#parts.signal;
  }
  /** Events read so far. */
  get count(): number {
    return this.#count;
  }
  /** All events were handed out, or the rest was acknowledged. */
  get isComplete(): boolean {
    return this.#isRestAcked || (this.#parts.reader.isAtEnd && this.#current?.rest() !== true);
  }
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** False for a batch without events; the first of them are read to find out. */
  hasEvents(): Promise<boolean> {
    return this.#parts.reader.hasEvents();
  }

  /** The events one by one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EventOf<Q>> {
    this.#beginReading();
    for (let rows = await this.#nextRows(); rows !== null; rows = await this.#nextRows()) {
      let at = 0;
      const { length } = rows;
      this.#current = { rest: () => at < length };
      for (const row of rows) {
        at += 1;
        this.#count += 1;
        yield new ConsumedEvent(row, this.#owner) as unknown as EventOf<Q>;
      }
    }
  }

  /** The events in arrays of up to the fetch size. */
  async *chunks(): AsyncGenerator<readonly EventOf<Q>[]> {
    this.#beginReading();
    for (let rows = await this.#nextRows(); rows !== null; rows = await this.#nextRows()) {
      this.#count += rows.length;
      this.#current = null;
      yield rows.map((row) => new ConsumedEvent(row, this.#owner) as unknown as EventOf<Q>);
    }
  }

  /** The events that were not read are done as well. */
  ackRest(): void {
    this.#isRestAcked = true;
  }

  /**
   * Finishes the batch now and commits; what is done through `tx` must be over.
   * @throws BATCH_LEFT_OPEN when events were not read and ackRest() was not called
   */
  async ack(): Promise<void> {
    if (this.#isFinished) return;
    if (!this.isComplete) throw this.leftOpen();
    this.#isFinished = true;
    await this.#parts.finish();
  }

  /** The error that says that nobody said what becomes of the rest. */
  leftOpen(): SkytoolsError {
    const { id, queue, consumer } = this.#parts.info;
    return new SkytoolsError(
      "BATCH_LEFT_OPEN",
      `batch ${id} of consumer ${consumer} on queue ${queue} was left after ${this.#count} events without reading the rest`,
      { hint: "read to the end, or call batch.ackRest(); as it is, the batch comes again", details: { batchId: id } },
    );
  }

  #beginReading(): void {
    if (!this.#isReading) {
      this.#isReading = true;
      return;
    }
    throw new SkytoolsError("WRONG_USE", "the events of a batch can be read once", {
      hint: "keep what you need of them, or read chunks()",
    });
  }

  async #nextRows(): ReturnType<BatchReader["next"]> {
    this.#parts.signal.throwIfAborted();
    return await this.#parts.reader.next();
  }

  #retry(event: ConsumedEvent, { delayMs }: RetryOptions): void {
    this.#requireRetry();
    this.#parts.outcomes.retry(event.id, delayMs ?? this.#parts.retryDelayMs(event.retries));
  }

  #deadLetter(event: ConsumedEvent, reason: string): void {
    this.#requireRetry();
    this.#parts.outcomes.deadLetter(event.id, reason);
  }

  #requireRetry(): void {
    if (this.#isFinished) throw new SkytoolsError("WRONG_USE", `batch ${this.id} is finished already`);
    if (this.#parts.canRetry) return;
    throw new SkytoolsError("WRONG_USE", "with this position an event cannot be retried or put aside alone", {
      hint: "throw an error: then the whole batch comes again",
    });
  }
}
