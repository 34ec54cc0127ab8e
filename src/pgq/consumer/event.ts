// An event in the hands of a consumer: a view of the row that was read, with what may become of it.
import type { StoredEvent } from "../event.ts";
import type { EventTypeOf, PayloadOf, Queue, QueueOrName } from "../queue.ts";

/** The columns in the order in which they are read. */
export type EventRow = readonly [
  id: string,
  time: string,
  txid: string,
  retry: string | null,
  type: string | null,
  data: string | null,
  extra1: string | null,
  extra2: string | null,
  extra3: string | null,
  extra4: string | null,
];

/** What event.retry() takes. */
export interface RetryOptions {
  /** Not before this time from now; whole seconds are used. Default: the delay of the retry policy. */
  readonly delayMs?: number;
}

/** What a batch does for its events. */
export interface EventOwner {
  readonly id: bigint;
  readonly tickId: bigint;
  readonly queue: Queue;
  retry(event: ConsumedEvent, options: RetryOptions): void;
  deadLetter(event: ConsumedEvent, reason: string): void;
}

/** An event in the hands of a consumer. */
export class ConsumedEvent implements Omit<StoredEvent, "retry"> {
  readonly #row: EventRow;
  readonly #owner: EventOwner;

  constructor(row: EventRow, owner: EventOwner) {
    this.#row = row;
    this.#owner = owner;
  }

  get id(): bigint {
    return BigInt(this.#row[0]);
  }
  get time(): string {
    return this.#row[1];
  }
  get txid(): bigint {
    return BigInt(this.#row[2]);
  }
  /** How often it was delivered before; 0 the first time. */
  get retries(): number {
    return Number(this.#row[3] ?? 0);
  }
  get type(): string | null {
    return this.#row[4];
  }
  get data(): string | null {
    return this.#row[5];
  }
  get extra1(): string | null {
    return this.#row[6];
  }
  get extra2(): string | null {
    return this.#row[7];
  }
  get extra3(): string | null {
    return this.#row[8];
  }
  get extra4(): string | null {
    return this.#row[9];
  }

  /**
   * The data as the queue's format and schemas have it; a promise only if the schema is asynchronous.
   * @throws PAYLOAD_INVALID, EVENT_TYPE_UNKNOWN
   */
  get payload(): unknown {
    return this.#owner.queue.parsePayload(this.#row[4], this.#row[5]);
  }

  /** Name of the queue. */
  get queue(): string {
    return this.#owner.queue.name;
  }
  /** The tick at the end of the batch. */
  get tick(): bigint {
    return this.#owner.tickId;
  }
  get batchId(): bigint {
    return this.#owner.id;
  }
  /** Unique among all events of the queue's life: a key for targets that can ignore what they had. */
  get idempotencyKey(): string {
    return `${this.#owner.queue.name}:${this.#row[0]}`;
  }

  /** This consumer gets the event once more, in a later batch. Takes effect when the batch is finished. */
  retry(options: RetryOptions = {}): void {
    this.#owner.retry(this, options);
  }

  /** Puts the event among the dead letters. Takes effect when the batch is finished. */
  deadLetter(reason: string): void {
    this.#owner.deadLetter(this, reason);
  }

  toJSON(): Record<string, unknown> {
    const [id, time, txid, retry, type, data, extra1, extra2, extra3, extra4] = this.#row;
    return {
      id,
      time,
      txid,
      retry: retry === null ? null : Number(retry),
      type,
      data,
      extra1,
      extra2,
      extra3,
      extra4,
      queue: this.queue,
    };
  }
}

/** An event of a queue that is described: its type tells what its payload is. */
export type EventOf<Q extends QueueOrName> = {
  [Type in EventTypeOf<Q>]: Omit<ConsumedEvent, "type" | "payload"> & {
    readonly type: Type;
    readonly payload: PayloadOf<Q, Type>;
  };
}[EventTypeOf<Q>];
