// An open connection: one session of the server, one statement at a time, in order of the calls.
import type { Duplex, Readable } from "node:stream";
import type pg from "pg";
import { callAfter, callAfterAbort } from "../clock/index.ts";
import { SkytoolsError } from "../errors/index.ts";
import { type Activity, Traffic } from "./activity.ts";
import { cancelStatement } from "./cancel.ts";
import type { HostAddress } from "./conninfo/settings.ts";
import { type CopySource, CopySourceError, receiveCopy, sendCopy } from "./copy-streams.ts";
import { abortedError, lostError, rowCountError, translated } from "./failures.ts";
import { type Notice, toNotice } from "./notice.ts";
import { Pipeline, type PipelineStatement } from "./pipeline.ts";
import { PostgresError } from "./postgres-error.ts";
import type { Queryable, Row, StatementOptions, StatementResult } from "./queryable.ts";
import { quoteIdent } from "./quoting.ts";
import {
  type FramedResults,
  type FramedTransaction,
  type RowedTransaction,
  runFramed,
  runRow,
  runTransaction,
  type TransactionOptions,
} from "./transaction.ts";
import { Turnstile } from "./turnstile.ts";

export interface Notification {
  readonly channel: string;
  readonly payload: string;
  /** Process id of the session that sent it. */
  readonly backendPid: number;
}

export interface ConnectionFacts {
  readonly address: HostAddress;
  readonly user: string;
  readonly database: string;
  /** As server_version_num, e.g. 180004. */
  readonly serverVersion: number;
  readonly isEncrypted: boolean;
}

type Remove = () => void;

/** On a network that swallows everything the server's goodbye would never come. */
const CLOSE_LIMIT_MS = 1_000;
/** Less would cut off what ends by itself, and the rollbacks of what is stopped; more is waited for by whoever stops a program. */
const STOPPING_STATEMENT_MS = 1_000;

/** Closed by whoever opened it. Statements of callers that do not wait for each other run one after the other. */
export class Connection implements Queryable, AsyncDisposable {
  readonly facts: ConnectionFacts;
  readonly #client: pg.Client;
  readonly #turnstile = new Turnstile();
  readonly #traffic: Traffic;
  readonly #noticeListeners = new Set<(notice: Notice) => void>();
  readonly #channels = new Map<string, Set<(notification: Notification) => void>>();
  readonly #endListeners = new Set<(error: SkytoolsError | null) => void>();
  #broken: SkytoolsError | null = null;
  #givenUp: SkytoolsError | null = null;
  #closing: Promise<void> | null = null;
  #inTransaction = false;
  /** With the number of statements, ever, up to it. */
  #lastPipeline: { readonly pipeline: Pipeline | null; readonly arrived: number } = { pipeline: null, arrived: 0 };
  #isFeeding: () => boolean = notFeeding;
  readonly #stopping: AbortSignal | undefined;

  /** `stopping`: see ConnectOptions. */
  constructor(
    client: pg.Client,
    facts: ConnectionFacts,
    { stopping }: { readonly stopping?: AbortSignal | undefined } = {},
  ) {
    this.#client = client;
    this.#stopping = stopping;
    this.#traffic = new Traffic(client.connection.stream);
    this.facts = facts;
    client.on("error", (error) => (this.#broken ??= lostError(error)));
    client.on("end", () => this.#ended());
    client.on("notice", (message) => this.#noticeListeners.forEach((tell) => tell(toNotice(message))));
    client.on("notification", ({ channel, payload, processId }) => {
      const notification = { channel, payload: payload ?? "", backendPid: processId };
      this.#channels.get(channel)?.forEach((tell) => tell(notification));
    });
  }

  /** False once it was closed or broke. */
  get isOpen(): boolean {
    return this.#broken === null && this.#closing === null;
  }

  /** Process id that the server gave when we connected; a pooler gives one of its own. Null: not known. */
  get backendPid(): number | null {
    return "processID" in this.#client && typeof this.#client.processID === "number" ? this.#client.processID : null;
  }

  /** For the watch over silent connections. */
  get activity(): Activity {
    const { stream } = this.#client.connection;
    return {
      ...this.#traffic.activity,
      isWaiting: this.#turnstile.isTaken && stream.readableLength === 0,
      isFeeding: this.#isFeeding(),
    };
  }

  /** Throws the connection away: what runs fails with this error. Nothing is said to the server. */
  giveUp(error: SkytoolsError): void {
    this.#givenUp ??= new PostgresError("CONNECTION_LOST", error.message, { hint: error.hint, cause: error });
    this.#broken ??= this.#givenUp;
    this.#client.connection.stream.destroy();
  }

  async query<R extends object = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Promise<R[]> {
    const { rows } = await this.#statement<R>(sql, params, options);
    return rows;
  }

  async one<R extends object = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Promise<R> {
    const row = await this.maybeOne<R>(sql, params, options);
    if (row === null) throw rowCountError(0, sql);
    return row;
  }

  async maybeOne<R extends object = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Promise<R | null> {
    const { rows } = await this.#statement<R>(sql, params, options);
    if (rows.length > 1) throw rowCountError(rows.length, sql);
    return rows[0] ?? null;
  }

  async affected(sql: string, params: readonly unknown[] = [], options: StatementOptions = {}): Promise<number> {
    const { rowCount } = await this.#statement(sql, params, options);
    return rowCount ?? 0;
  }

  async execute(
    script: string,
    { signal }: Pick<StatementOptions, "signal"> = {},
  ): Promise<readonly StatementResult[]> {
    return await this.#exclusive(signal, undefined, async () => {
      const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await this.#client.query<Row>(script);
      const results = Array.isArray(answer) ? answer : [answer];
      return results.map(toResult);
    });
  }

  /**
   * Runs `work` between begin and commit; rolls back when it throws. Transactions do not nest, and what other callers
   * run on this connection meanwhile is part of it.
   * @throws DATABASE (25P02) when the server rolled back instead of committing, because an error was passed over
   */
  async transaction<T>(work: (db: Connection) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (this.#inTransaction) throw new SkytoolsError("WRONG_USE", "a transaction is already open on this connection");
    this.#inTransaction = true;
    try {
      return await runTransaction(this, () => work(this), options);
    } finally {
      this.#inTransaction = false;
    }
  }

  /**
   * Runs statements in one round trip; after an error the rest is not run. Outside of a transaction they are one, unless
   * there is begin or commit among them. `moreFollows`, in a transaction only: what the next call is given while these run
   * is sent at once, so that the server need not wait for it; when these fail it is not run, and fails with the same error.
   * @returns one result a statement
   */
  async pipeline(
    statements: readonly PipelineStatement[],
    { moreFollows = false }: { readonly moreFollows?: boolean } = {},
  ): Promise<readonly StatementResult[]> {
    if (statements.length === 0) return [];
    const { pipeline: last, arrived } = this.#lastPipeline;
    const added = arrived === this.#turnstile.arrived ? last?.add(statements, moreFollows) : null;
    if (added != null) return await added;
    const pipeline = new Pipeline(statements, moreFollows);
    this.submit(pipeline).catch((error: unknown) => pipeline.fail(error));
    this.#lastPipeline = { pipeline, arrived: this.#turnstile.arrived };
    return await pipeline.results;
  }

  /**
   * A transaction whose first and last statements travel with begin and commit, so that one of a few statements costs two
   * round trips. @returns null when `work` gave it up. @throws as transaction()
   */
  async framedTransaction(transaction: FramedTransaction): Promise<FramedResults | null> {
    return await this.#framed(() => runFramed(this, transaction));
  }

  /**
   * Framed transactions one after the other, until one is given up: what ends one travels with what begins the next.
   * @returns how many were committed. @throws as transaction(); those before the one that failed stay committed
   */
  async framedTransactions(transactions: readonly RowedTransaction[]): Promise<number> {
    return await this.#framed(() => runRow(this, transactions));
  }

  async #framed<T>(run: () => Promise<T>): Promise<T> {
    if (this.#inTransaction) throw new SkytoolsError("WRONG_USE", "a transaction is already open on this connection");
    this.#inTransaction = true;
    try {
      return await run();
    } finally {
      this.#inTransaction = false;
    }
  }

  /** A transaction() is open. */
  get isInTransaction(): boolean {
    return this.#inTransaction;
  }

  /** Calls `listener` for every notice until what is returned is called. */
  onNotice(listener: (notice: Notice) => void): Remove {
    this.#noticeListeners.add(listener);
    return () => void this.#noticeListeners.delete(listener);
  }

  /** Calls `listener` once the connection has ended: with null after close(), else with the error that ended it. */
  onEnd(listener: (error: SkytoolsError | null) => void): Remove {
    this.#endListeners.add(listener);
    return () => void this.#endListeners.delete(listener);
  }

  /** Starts to listen; resolves when the server knows. What it returns ends it. */
  async listen(channel: string, listener: (notification: Notification) => void): Promise<() => Promise<void>> {
    const listeners = this.#channels.get(channel) ?? new Set();
    const isFirst = listeners.size === 0;
    this.#channels.set(channel, listeners.add(listener));
    if (isFirst) await this.execute(`listen ${quoteIdent(channel)}`);
    return async () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.isOpen) await this.execute(`unlisten ${quoteIdent(channel)}`);
    };
  }

  /** Runs `copy … from stdin` with the bytes of `source`; returns the number of rows. When the source fails, nothing is stored and its error comes out. */
  async copyFrom(sql: string, source: CopySource, { signal }: Pick<StatementOptions, "signal"> = {}): Promise<number> {
    return await this.#exclusive(signal, undefined, async () => {
      let isOver = false;
      this.#isFeeding = () => !isOver;
      try {
        return await sendCopy(this.#client, sql, source, () => (isOver = true));
      } finally {
        this.#isFeeding = notFeeding;
      }
    });
  }

  /**
   * Starts `copy … to stdout` and gives the bytes as they come. The connection is busy until the stream has ended or
   * was destroyed; destroying it early cancels the statement. After an abort the reader gets ABORTED.
   */
  async copyTo(sql: string, { signal }: Pick<StatementOptions, "signal"> = {}): Promise<Readable> {
    const leave = await this.#enter();
    let cancelled: Promise<void> = Promise.resolve();
    const abort = (): void => void (cancelled = this.#cancel());
    const done = (): void => {
      signal?.removeEventListener("abort", abort);
      void cancelled.then(leave);
    };
    try {
      if (signal?.aborted === true) throw abortedError(signal.reason);
      this.#requireOpen();
      const translate = (error: unknown): Error => this.#givenUp ?? translated(error, undefined, signal);
      const stream = receiveCopy(this.#client, sql, { cancel: () => this.#cancel(), done, translate });
      signal?.addEventListener("abort", abort, { once: true });
      return stream;
    } catch (error) {
      done();
      throw translated(error, undefined, signal);
    }
  }

  /** Runs what speaks the protocol by itself; resolves as its `done` does. */
  async submit<T>(
    query: pg.Submittable & { readonly done: Promise<T>; readonly isFeeding?: boolean },
    { signal }: Pick<StatementOptions, "signal"> = {},
  ): Promise<T> {
    return await this.#exclusive(signal, undefined, async () => {
      this.#isFeeding = () => query.isFeeding === true;
      try {
        this.#client.query(query);
        return await query.done;
      } finally {
        this.#isFeeding = notFeeding;
      }
    });
  }

  /**
   * Gives the authenticated socket away, to speak the protocol on it from now on. Nothing may run meanwhile; this object
   * is closed afterwards, and whoever got the socket closes it.
   */
  takeSocket(): Duplex {
    this.#requireOpen();
    this.#closing = Promise.resolve();
    const { stream } = this.#client.connection;
    stream.removeAllListeners("data");
    return stream;
  }

  /** Ends the session. A statement that is running is not waited for, nor, for long, the server. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const cancel = callAfter(CLOSE_LIMIT_MS, () => this.#client.connection.stream.destroy());
    try {
      await this.#client.end();
    } finally {
      cancel();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #statement<R extends object>(
    text: string,
    params: readonly unknown[],
    { name, signal }: StatementOptions,
  ): Promise<pg.QueryResult<R>> {
    // The extended protocol also without parameters: it refuses a second statement in the text.
    const config = { text, values: [...params], queryMode: "extended", ...(name === undefined ? {} : { name }) };
    return await this.#exclusive(signal, name, () => this.#client.query<R>(config));
  }

  /** Waits for its turn. */
  async #enter(): Promise<() => void> {
    const leave = await this.#turnstile.enter();
    this.#traffic.begin();
    return leave;
  }

  /** Waits for its turn, runs, cancels on abort, and does not let the next one in before the cancel has arrived. */
  async #exclusive<T>(
    signal: AbortSignal | undefined,
    statement: string | undefined,
    run: () => Promise<T>,
  ): Promise<T> {
    const leave = await this.#enter();
    let cancelled: Promise<void> = Promise.resolve();
    const abort = (): void => void (cancelled = this.#cancel());
    let callOff: Remove | undefined;
    try {
      if (signal?.aborted === true) throw abortedError(signal.reason);
      this.#requireOpen();
      signal?.addEventListener("abort", abort, { once: true });
      if (this.#stopping !== undefined) callOff = callAfterAbort(this.#stopping, STOPPING_STATEMENT_MS, abort);
      return await run();
    } catch (error) {
      if (error instanceof CopySourceError) throw error.cause;
      if (this.#givenUp !== null) throw this.#givenUp;
      throw translated(error, statement, signal?.aborted === true ? signal : this.#stopping);
    } finally {
      signal?.removeEventListener("abort", abort);
      callOff?.();
      await cancelled;
      leave();
    }
  }

  /** A cancel that cannot be delivered leaves no other way to stop the statement than to end the session. */
  async #cancel(): Promise<void> {
    try {
      await cancelStatement(this.#client, this.facts.address);
    } catch (error) {
      this.#broken ??= lostError(error);
      this.#client.connection.stream.destroy();
    }
  }

  #requireOpen(): void {
    if (this.#closing !== null) throw new SkytoolsError("CONNECTION_LOST", "the connection was closed");
    if (this.#broken !== null) throw this.#broken;
  }

  #ended(): void {
    if (this.#closing === null) this.#broken ??= lostError(new Error("Connection terminated unexpectedly"));
    this.#endListeners.forEach((tell) => tell(this.#broken));
  }
}

function notFeeding(): boolean {
  return false;
}

function toResult({ command, rowCount, rows }: pg.QueryResult<Row>): StatementResult {
  return { command, rowCount: rowCount ?? 0, rows };
}
