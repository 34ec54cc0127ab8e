// What code that only runs statements needs; a Connection has it.

export type Row = Record<string, unknown>;

export interface StatementOptions {
  /** Prepared under this name once a connection; worth it for statements that come often. */
  readonly name?: string;
  /** Aborting cancels the statement on the server; the call then ends with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

export interface StatementResult {
  /** First word of the command tag: SELECT, INSERT, COMMIT, … */
  readonly command: string;
  readonly rowCount: number;
  readonly rows: readonly Row[];
}

/** The type parameter is what the caller knows of the statement; it is not checked. */
export interface Queryable {
  /** Runs one statement and returns its rows. Values are parameters $1…; see types/parsers.ts for what comes back. */
  query<R extends object = Row>(sql: string, params?: readonly unknown[], options?: StatementOptions): Promise<R[]>;
  /** The one row. @throws ROW_COUNT unless there is exactly one */
  one<R extends object = Row>(sql: string, params?: readonly unknown[], options?: StatementOptions): Promise<R>;
  /** The one row, or null. @throws ROW_COUNT when there are more */
  maybeOne<R extends object = Row>(
    sql: string,
    params?: readonly unknown[],
    options?: StatementOptions,
  ): Promise<R | null>;
  /** Runs one statement and returns how many rows it inserted, changed, deleted or selected. */
  affected(sql: string, params?: readonly unknown[], options?: StatementOptions): Promise<number>;
  /** Runs a script of any number of statements; without begin/commit in it, it is one transaction. */
  execute(script: string, options?: Pick<StatementOptions, "signal">): Promise<readonly StatementResult[]>;
}
