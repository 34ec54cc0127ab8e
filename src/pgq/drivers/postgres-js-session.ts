// A reserved connection of postgres.js. When it breaks, the driver goes on using it for others without telling: what is
// sent on it then ends the process, or lands in somebody else's transaction. So nothing is sent after that.
import { SkytoolsError } from "../../errors/index.ts";
import type { Parameter, Session, TextCursor, TextRow } from "../database.ts";
import type { PostgresJsReservedLike } from "./database-source.ts";
import { declaredCursor } from "./declared-cursor.ts";
import { givenBack } from "./given-back.ts";
import { withinMs } from "./limited.ts";
import { copyIntoPostgresJs } from "./postgres-js-copy.ts";
import { runPostgresJs } from "./postgres-js-run.ts";
import { TransactionState } from "./transaction-state.ts";

/** A statement of postgres.js that was not awaited yet. */
interface Pending extends PromiseLike<unknown> {
  values(): PromiseLike<TextRow[]>;
}

/** The driver's connection; its own begin() learns in this way that it is lost. */
interface ConnectionInside {
  onclose?: ((error: unknown) => void) | null;
}

const ROLLBACK_LIMIT_MS = 1_000;

export class PostgresJsSession implements Session {
  readonly #sql: PostgresJsReservedLike;
  readonly #guarded: unknown;
  readonly #transaction = new TransactionState();
  #isWatched = false;
  #lost: { readonly error: unknown } | null = null;
  #isClosed = false;

  constructor(sql: PostgresJsReservedLike) {
    this.#sql = sql;
    this.#guarded = guard(sql, () => this.#check());
  }

  get native(): unknown {
    this.#check();
    return this.#guarded;
  }

  async query<R extends object>(sql: string, params: readonly Parameter[] = []): Promise<R[]> {
    this.#check();
    this.#transaction.sent(sql);
    if (this.#isWatched || params.length > 0) return await runPostgresJs<R>(this.#sql, sql, params);
    this.#isWatched = true;
    return await runPostgresJs<R>(this.#sql, sql, params, { onexecute: this.#watch });
  }

  async script<R extends object>(sql: string): Promise<R[]> {
    return (await this.query<R[]>(sql)).at(-1) ?? [];
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

  /** A reserved connection cannot be ended alone: one that gives no answer stays reserved until it does, or breaks. */
  async close(error?: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#lost !== null) return;
    if (error === undefined && !this.#transaction.isOpen) {
      this.#sql.release();
      return;
    }
    await withinMs(ROLLBACK_LIMIT_MS, this.#rollBackAndRelease());
  }

  async #rollBackAndRelease(): Promise<void> {
    try {
      await this.#sql.unsafe("rollback");
    } finally {
      if (this.#lost === null) this.#sql.release();
    }
  }

  readonly #watch = (connection: ConnectionInside): boolean => {
    connection.onclose = (error) => {
      this.#lost = { error };
    };
    return true;
  };

  #check(): void {
    if (this.#isClosed) throw givenBack();
    if (this.#lost === null) return;
    throw new SkytoolsError("CONNECTION_LOST", "the connection broke", { cause: this.#lost.error });
  }
}

/** The same object for who uses it, which asks `check` before every use. */
function guard(sql: PostgresJsReservedLike, check: () => void): unknown {
  return new Proxy(sql as unknown as (...args: unknown[]) => unknown, {
    apply(target, self, args: unknown[]): unknown {
      check();
      return Reflect.apply(target, self, args);
    },
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        check();
        return Reflect.apply(value, target, args);
      };
    },
  });
}
