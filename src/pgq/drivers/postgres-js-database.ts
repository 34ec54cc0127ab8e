// `sql` of postgres.js. Without parameters it uses the simple protocol; nothing is prepared under a name.
import type { Database, Parameter, Session, TextCursor, TextRow } from "../database.ts";
import type { PostgresJsPoolLike, PostgresJsReservedLike } from "./database-source.ts";
import { declaredCursor } from "./declared-cursor.ts";
import { givenBack } from "./given-back.ts";
import { copyIntoPostgresJs } from "./postgres-js-copy.ts";
import { TransactionState } from "./transaction-state.ts";

/** A statement of postgres.js that was not awaited yet. */
interface Pending extends PromiseLike<unknown> {
  values(): PromiseLike<TextRow[]>;
}

export function postgresJsDatabase(sql: PostgresJsPoolLike): Database {
  return {
    query: <R extends object>(text: string, params: readonly Parameter[] = []) => run<R>(sql, text, params),
    async open() {
      return new PostgresJsSession(await sql.reserve());
    },
    // It reconnects by itself, so this listening ends only when it is stopped.
    async listen(channel, onNotify) {
      const listening = await sql.listen(channel, onNotify);
      let tellEnded: (reason: unknown) => void = () => undefined;
      const ended = new Promise<unknown>((resolve) => (tellEnded = resolve));
      return {
        ended,
        async stop() {
          tellEnded(null);
          await listening.unlisten();
        },
      };
    },
  };
}

async function run<R extends object>(
  sql: PostgresJsPoolLike | PostgresJsReservedLike,
  text: string,
  params: readonly Parameter[],
): Promise<R[]> {
  const rows = await sql.unsafe(text, params as never[], { prepare: false });
  return [...(rows as R[])];
}

class PostgresJsSession implements Session {
  readonly #sql: PostgresJsReservedLike;
  readonly #transaction = new TransactionState();
  #isClosed = false;

  constructor(sql: PostgresJsReservedLike) {
    this.#sql = sql;
  }

  get native(): unknown {
    this.#check();
    return this.#sql;
  }

  async query<R extends object>(sql: string, params: readonly Parameter[] = []): Promise<R[]> {
    this.#check();
    this.#transaction.sent(sql);
    return await run<R>(this.#sql, sql, params);
  }

  textCursor(columns: readonly string[], from: string): TextCursor {
    return declaredCursor(this, columns, from, async (fetch) => {
      this.#check();
      return await (this.#sql.unsafe(fetch) as Pending).values();
    });
  }

  async copyFrom(sql: string, source: AsyncIterable<string> | Iterable<string>): Promise<number> {
    this.#check();
    return await copyIntoPostgresJs(this.#sql, sql, source);
  }

  async close(error?: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A reserved connection cannot be ended alone; one that broke is replaced by the driver.
    if (error !== undefined || this.#transaction.isOpen) await this.#rollback();
    this.#sql.release();
  }

  #check(): void {
    if (this.#isClosed) throw givenBack();
  }

  async #rollback(): Promise<void> {
    try {
      await this.#sql.unsafe("rollback");
    } catch {
      return; // the session is gone, and its transaction with it
    }
  }
}
