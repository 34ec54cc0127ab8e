// What the library needs of a driver, in two sizes: an Executor runs statements in whatever transaction its owner has
// open (producing); a Database gives sessions of its own (consuming). drivers/ makes them from what users have.
//
// So that every driver and its parsers do: parameters are strings, numbers, booleans or null, and the statement casts
// them from text ($1::text::bigint, ($1::text)::text[]); results are cast to text, boolean, int4, float8 or json.

/** A value of a statement, as it goes to the driver. */
export type Parameter = string | number | boolean | null;

/** Runs one statement at a time. */
export interface Executor {
  /** The type parameter is what the caller knows of the statement; it is not checked. */
  query<R extends object>(sql: string, params?: readonly Parameter[]): Promise<R[]>;
}

/** One session of the server, for a transaction: begin, commit and rollback are statements like others. */
export interface Session extends Executor {
  /** Runs `copy … from stdin` with the chunks of `source`. @returns number of rows */
  copyFrom(sql: string, source: AsyncIterable<string> | Iterable<string>): Promise<number>;
  /** Runs several statements in one round trip. @returns the rows of the last one */
  readonly script?: <R extends object>(sql: string) => Promise<R[]>;
  /** Reads `select columns from …` in the open transaction, where the driver has a way that is cheaper than FETCH. */
  readonly textCursor?: (columns: readonly string[], from: string) => TextCursor;
  /** The driver's own object of this session: a PoolClient of pg, a reserved sql of postgres.js. */
  readonly native?: unknown;
  /** The owner runs statements through `native`, so nothing may run beside them. */
  readonly isNativeUsed?: boolean;
  /**
   * Gives the session back. With an error, or while a transaction is open, it is ended instead, so that the server
   * rolls back. May be called again.
   */
  close(error?: unknown): Promise<void>;
}

/** The columns of a row, each as the server writes it, whatever its type. */
export type TextRow = readonly (string | null)[];

/** Lives as long as the transaction. */
export interface TextCursor {
  /** The next rows; fewer than asked for: there are no more. */
  fetch(rows: number): Promise<readonly TextRow[]>;
}

/** A session that listens for notifications. */
export interface Listening {
  /** Resolves when the session that listens has ended: with null after stop(), else with what ended it. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

/** How long the caller waits. A Database of one's own may ignore it. */
export interface Patience {
  /** Aborted: the caller has given up, and the connection that was used or is being made is to be thrown away. */
  readonly signal?: AbortSignal;
}

/** Where events are read and positions kept. Its owner is the user: the library never closes it. */
export interface Database extends Executor {
  query<R extends object>(sql: string, params?: readonly Parameter[], patience?: Patience): Promise<R[]>;
  /** Opens a session or takes it from the pool. */
  open(patience?: Patience): Promise<Session>;
  /** Whether there is a pooler before the server, so that what is listened for may never arrive. Absent: no. */
  readonly isPooled?: () => Promise<boolean>;
  /** Listens on a session of its own that is held until it ends. Absent where the driver cannot: consumers poll then. */
  readonly listen?: (channel: string, onNotify: (payload: string) => void) => Promise<Listening>;
}
