// Several statements in one round trip: all are sent at once, with one Sync at the end (PostgreSQL documentation, "Message
// Flow", Pipelining). After an error the server passes over the rest. While it is open, more can be sent behind them: a
// Flush then stands where the Sync would. A Client of pg takes any object with these methods as a query.
import type pg from "pg";
import { parserFor } from "./types/parsers.ts";
import type { Row, StatementResult } from "./queryable.ts";

export interface PipelineStatement {
  readonly sql: string;
  readonly params?: readonly (string | number | bigint | boolean | null)[];
  /** Prepared under this name once a connection; worth it for statements that come often. */
  readonly name?: string;
  /** All that a `copy … from stdin` is given; sent behind it without waiting for the server to ask. */
  readonly copy?: readonly Buffer[];
}

interface PipelineConnection {
  readonly stream: { cork(): void; uncork(): void };
  /** Names that are prepared on the server, with their texts. */
  readonly parsedStatements: Record<string, string | undefined>;
  on(event: "parseComplete", listener: () => void): void;
  off(event: "parseComplete", listener: () => void): void;
  parse(query: { text: string; name: string; types: never[] }): void;
  bind(config: { portal: string; statement: string; values: (string | null)[] }): void;
  describe(config: { type: "P"; name: string }): void;
  execute(config: { portal: string; rows: string }): void;
  sendCopyFromChunk(bytes: Buffer): void;
  endCopyFrom(): void;
  flush(): void;
  sync(): void;
}

interface Field {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

const NO_RESULT: StatementResult = { command: "", rowCount: 0, rows: [] };

/** What was given at once, and what the server has answered to it. */
class Part {
  readonly done: Promise<readonly StatementResult[]>;
  readonly statements: readonly PipelineStatement[];
  readonly results: StatementResult[] = [];
  resolve: (results: readonly StatementResult[]) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor(statements: readonly PipelineStatement[]) {
    this.statements = statements;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => undefined); // nobody may be waiting yet for what stands behind an error
  }
}

export class Pipeline {
  /** When the session is free again. */
  readonly done: Promise<void>;
  /** Of the statements that it was made with. */
  readonly results: Promise<readonly StatementResult[]>;
  /** Those that are not answered. */
  readonly #parts: Part[];
  /** In the order in which the server will answer that it has parsed them. */
  readonly #parsing: PipelineStatement[] = [];
  #connection: PipelineConnection | null = null;
  #isOpen: boolean;
  #fields: readonly Field[] = [];
  #rows: Row[] = [];
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  /** @param isOpen - more may be added until all is answered */
  constructor(statements: readonly PipelineStatement[], isOpen: boolean) {
    const part = new Part(statements);
    this.#parts = [part];
    this.#isOpen = isOpen;
    this.results = part.done;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(driver: pg.Connection): void {
    const connection = driver as unknown as PipelineConnection; // the driver's types leave out what it has
    this.#connection = connection;
    connection.on("parseComplete", this.#parsed);
    this.#sendAll(
      connection,
      this.#parts.flatMap(({ statements }) => statements),
    );
  }

  /** Sends more, behind what runs. Null: it is too late for that. @param isOpen - still more may be added */
  add(statements: readonly PipelineStatement[], isOpen: boolean): Promise<readonly StatementResult[]> | null {
    if (!this.#isOpen) return null;
    const part = new Part(statements);
    this.#parts.push(part);
    this.#isOpen = isOpen;
    if (this.#connection !== null) this.#sendAll(this.#connection, statements);
    return part.done;
  }

  handleRowDescription({ fields }: { readonly fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#fields = fields.map(({ name, dataTypeID }) => ({ name, parse: parserFor(dataTypeID) }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Row = {};
    for (const [index, { name, parse }] of this.#fields.entries()) {
      const text = fields[index] ?? null;
      row[name] = text === null ? null : parse(text);
    }
    this.#rows.push(row);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const words = text.split(" ");
    this.#add({ command: words[0] ?? "", rowCount: Number(words.at(-1)) || 0, rows: this.#rows });
  }

  handleEmptyQuery(): void {
    this.#add(NO_RESULT);
  }

  handleReadyForQuery(): void {
    this.#leave();
    this.#answer();
    this.#resolve();
  }

  /** What was not answered fails with what its caller tells then. */
  handleError(error: unknown): void {
    if (this.#isOpen) this.#end();
    this.#leave();
    this.#reject(error);
  }

  /** To everybody whose statements were not run, or not to their end. */
  fail(error: unknown): void {
    this.#isOpen = false;
    for (const { reject } of this.#parts.splice(0)) reject(error);
  }

  handleCopyInResponse(): void {
    // the data is on its way; where the statement fails, the server passes over it as over the rest
  }

  handlePortalSuspended(): void {
    // no limit of rows is asked for
  }

  #sendAll(connection: PipelineConnection, statements: readonly PipelineStatement[]): void {
    connection.stream.cork();
    for (const statement of statements) this.#send(connection, statement);
    if (this.#isOpen) connection.flush();
    else connection.sync();
    connection.stream.uncork();
  }

  #end(): void {
    this.#isOpen = false;
    this.#connection?.sync();
  }

  #send(connection: PipelineConnection, statement: PipelineStatement): void {
    const { sql, params = [], name = "", copy } = statement;
    const isParsed = name !== "" && this.#isKnown(connection, name);
    if (!isParsed) {
      connection.parse({ text: sql, name, types: [] });
      this.#parsing.push(statement);
    }
    const values = params.map((value) => (value === null ? null : String(value)));
    connection.bind({ portal: "", statement: name, values });
    connection.describe({ type: "P", name: "" });
    connection.execute({ portal: "", rows: "" });
    if (copy === undefined) return;
    for (const bytes of copy) connection.sendCopyFromChunk(bytes);
    connection.endCopyFrom();
  }

  #isKnown({ parsedStatements }: PipelineConnection, name: string): boolean {
    return parsedStatements[name] !== undefined || this.#parsing.some((other) => other.name === name);
  }

  /** The driver counts only the names of its own queries. What fails later is prepared all the same. */
  readonly #parsed = (): void => {
    const statement = this.#parsing.shift();
    if (statement?.name === undefined || this.#connection === null) return;
    this.#connection.parsedStatements[statement.name] = statement.sql;
  };

  #add(result: StatementResult): void {
    this.#fields = [];
    this.#rows = [];
    const [part] = this.#parts;
    if (part === undefined) return;
    part.results.push(result);
    if (part.results.length < part.statements.length) return;
    const isLast = this.#parts.length === 1;
    if (isLast && !this.#isOpen) return; // outside of a transaction it is done when the server is ready again
    if (isLast) this.#end();
    this.#answer();
  }

  #answer(): void {
    const part = this.#parts.shift();
    part?.resolve(part.results);
  }

  #leave(): void {
    this.#connection?.off("parseComplete", this.#parsed);
  }
}
