// Where the consumer's loop can be extended without touching it: a BatchSource says which batch is next and who may
// finish it (plain: pgq, cooperative: pgq_coop); a Position says where it is remembered what was done and in which
// transaction the handler works. The loop calls them in this order, for each batch:
//
//   position.align()                              at the start and after every failed pass
//   source.next()                                 a transaction of its own: from here on the batch is fixed
//   source.hold()                                 cooperative: heartbeat until release()
//   queue session:  begin
//   position.begin()  →  work                     work.isDone: the handler is skipped
//   queue session:  events are read, the handler runs with work.tx
//   queue session:  retries and dead letters are recorded, source.finish()
//   work.commit()                                 target first (serial, remote, file); nothing to do for inDatabase
//   queue session:  commit
//   hold.release()
//
// On any error: work.rollback(), the queue session is rolled back, hold.release(); the same batch comes again.
import type { AnswerLimit } from "../answer-limit.ts";
import type { Database, Executor, Session } from "../database.ts";

/** An open batch. Ids are int8, times are timestamptz as the server writes them. */
export interface BatchInfo {
  readonly id: bigint;
  readonly queue: string;
  /** Name of the consumer; of cooperating ones that of the group. */
  readonly consumer: string;
  /** The tick at the end of the batch, and the one at its start. */
  readonly tickId: bigint;
  readonly previousTickId: bigint;
  readonly tickTime: string;
  readonly previousTickTime: string;
  /** Event sequence at the two ticks: their difference is about the number of events. */
  readonly eventSequence: bigint;
  readonly previousEventSequence: bigint;
  /** How long ago the batch's last tick was made when the batch was opened, by the server's clock. */
  readonly lagMs: number;
  /** SQL condition over the ev_* columns that the source adds: only these events of the batch are ours. */
  readonly filter?: string;
  /** The statement that reads its events, where it came with the batch. */
  readonly eventSql?: string;
}

/** What size of batch is wanted; ignored by the server while a batch is open. null: no such wish. */
export interface BatchWish {
  readonly minEvents: number | null;
  readonly minIntervalMs: number | null;
  /** Ticks younger than this are not taken. */
  readonly keepLagMs: number | null;
  /** Without the first two: ticks are merged until the batch has about so many events. 1: one tick a batch. */
  readonly mergeEvents: number;
  /** No more ticks than these are merged. */
  readonly mergeTicks?: number;
  /** Ticks are not merged beyond this one. */
  readonly upToTick?: bigint | null;
  /** false: opening the batch need not wait for the disk; after a crash of the server another batch may come instead. */
  readonly isDurable: boolean;
}

/** Says which batch is next and who may finish it. For consumers of another kind; the library brings its own. */
export interface BatchSource {
  /** Opens the next batch or returns the one that is open; null when there is none now. Commits before it returns. */
  next(database: Database, wish: BatchWish): Promise<BatchInfo | null>;
  /** Closes the batch, in the transaction of `tx`. @throws BATCH_LOST when it is not ours any more */
  finish(tx: Executor, batch: BatchInfo): Promise<void>;
  /** Called when a batch was opened. */
  readonly hold?: (batch: BatchInfo, database: Database) => BatchHold;
  /** @returns true if it was not registered before. `atTick` moves an existing registration too. */
  register(db: Executor, atTick: bigint | null): Promise<boolean>;
  /** @returns true if it was registered. */
  unregister(db: Executor): Promise<boolean>;
}

/** Keeps a batch ours while its events are worked on. */
export interface BatchHold {
  /** Aborted when somebody else was given the batch: the loop stops the handler and rolls back. */
  readonly lost: AbortSignal;
  /** Stops the heartbeat. Does not throw. */
  release(): Promise<void>;
}

/** What a position may use besides the batch. */
export interface PositionContext {
  readonly database: Database;
  readonly source: BatchSource;
  readonly queue: string;
  readonly consumer: string;
  /** How long answers of other databases are waited for; `database` has it already. */
  readonly limit?: AnswerLimit;
}

/** Says where it is remembered what was done, and in which transaction the handler works. The library brings inDatabase(), serial(), remote() and file(). */
export interface Position {
  /** For messages: "inDatabase", "serial", … */
  readonly kind: string;
  /** Something outside of the queue's database remembers the batch, so it must be the same one after a crash. */
  readonly needsSameBatch: boolean;
  /**
   * false: retries and dead letters are refused, because they are recorded in the queue's database, and a crash between
   * work.commit() and the queue's commit would lose them.
   */
  readonly canRetry: boolean;
  /** Compares what is remembered here with the queue's position, and may move the latter (or register). */
  readonly align?: (context: PositionContext) => Promise<void>;
  /**
   * Begins the work on a batch. `queueSession` is the open transaction in which the batch will be finished; `limit` is
   * for statements of the position's own.
   * @throws POSITION_LOST when what is remembered fits neither end of the batch: nothing must be done then
   */
  begin(batch: BatchInfo, queueSession: Session, limit?: AnswerLimit): Promise<BatchWork>;
  /** After register, unregister and seek: the tick from which the queue goes on, or null if nobody knows. */
  readonly moved?: (tickId: bigint | null, context: PositionContext) => Promise<void>;
  /** The tick that is remembered here; null for none. Absent where no tick is remembered. */
  readonly stored?: (context: PositionContext) => Promise<bigint | null>;
  /** When the consumer has stopped. */
  readonly close?: () => Promise<void>;
}

/** The work on one batch, as the position sees it. */
export interface BatchWork {
  /** The batch was done before, only finish was missing. */
  readonly isDone: boolean;
  /** What the handler gets as `tx`; null when the position has no transaction (file). */
  readonly tx: Session | null;
  /** Makes the work and the position durable, together. Not called when isDone. */
  commit(): Promise<void>;
  /** Gives up the work, or what was opened to find out that it is done. Does not throw. */
  rollback(error: unknown): Promise<void>;
}
