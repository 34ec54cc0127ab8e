// A Pool of pg. The consumer works on clients of the pool and listens on one beside it, so that a small pool is enough.
import type { Database, Parameter, Patience, Session, TextCursor } from "../database.ts";
import type { PgClientLike, PgPoolLike } from "./database-source.ts";
import { declaredCursor } from "./declared-cursor.ts";
import { givenBack } from "./given-back.ts";
import { copyInto } from "./pg-copy.ts";
import { listenWithPg, type PgListener } from "./pg-listen.ts";
import { portalCursor, type PortalQuery, speaksProtocol } from "./pg-portal.ts";
import { endSoon, keepAlive, newSocketOf } from "./pg-socket.ts";
import { TransactionState } from "./transaction-state.ts";

interface Answer {
  readonly rows: unknown[];
}

/** The forms of pg's query() that are used here; every Client of pg has them. */
interface Client extends Omit<PgClientLike, "query"> {
  query(statement: string | { text: string; values: Parameter[] }): Promise<Answer>;
}

interface PoolInside {
  readonly Client?: PgListener;
  readonly options?: object;
}

const ignore = (): undefined => undefined;
const known = new WeakSet<PgPoolLike>();

export function pgDatabase(pool: PgPoolLike): Database {
  const { Client, options } = pool as PoolInside;
  // The pool tells of the loss of its idle clients, which we may have made; nobody has to listen to that for our sake.
  // The pool replaces them, and who listens hears it all the same.
  if (!known.has(pool)) pool.on("error", ignore);
  known.add(pool);

  const open = async ({ signal }: Patience = {}): Promise<PgSession> => {
    const { taken, abandon } = newSocketOf(pool, () => pool.connect());
    signal?.addEventListener("abort", abandon, { once: true });
    try {
      return new PgSession((await taken) as unknown as Client);
    } finally {
      signal?.removeEventListener("abort", abandon);
    }
  };
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = [], patience: Patience = {}) {
      const session = await open(patience);
      const abandon = (): void => void session.close(patience.signal?.reason);
      patience.signal?.addEventListener("abort", abandon, { once: true });
      try {
        if (patience.signal?.aborted === true) abandon();
        return await session.query<R>(sql, params);
      } finally {
        patience.signal?.removeEventListener("abort", abandon);
        await session.close();
      }
    },
    open,
    async isPooled() {
      const session = await open();
      try {
        const [row] = await session.query<{ pid: number }>("select pg_catalog.pg_backend_pid() as pid");
        return session.isOfAnother(row?.pid);
      } finally {
        await session.close();
      }
    },
    ...(Client === undefined ? {} : { listen: (channel, tell) => listenWithPg(Client, options, channel, tell) }),
  };
}

class PgSession implements Session {
  readonly #client: Client;
  #last: Promise<unknown> = Promise.resolve();
  #isNativeUsed = false;
  readonly #transaction = new TransactionState();
  #isClosed = false;
  // Without a listener the loss of a client that is out of the pool would end the process; the statement tells as well.
  readonly #ignore = (): undefined => undefined;

  constructor(client: Client) {
    this.#client = client;
    client.on("error", this.#ignore);
    keepAlive(client);
  }

  get native(): unknown {
    if (this.#isClosed) throw givenBack();
    this.#isNativeUsed = true;
    return this.#client;
  }

  /** The process id with which the server greeted is not the one that runs statements. */
  isOfAnother(pid: number | undefined): boolean {
    const { processID } = this.#client as { readonly processID?: unknown };
    return typeof processID === "number" && processID !== pid;
  }

  get isNativeUsed(): boolean {
    return this.#isNativeUsed;
  }

  async query<R extends object>(sql: string, params: readonly Parameter[] = []): Promise<R[]> {
    this.#transaction.sent(sql);
    const answer = await this.#inTurn(() =>
      params.length === 0 ? this.#client.query(sql) : this.#client.query({ text: sql, values: [...params] }),
    );
    return answer.rows as R[];
  }

  async script<R extends object>(sql: string): Promise<R[]> {
    this.#transaction.sent(sql);
    const answers: unknown = await this.#inTurn(() => this.#client.query(sql));
    const last = Array.isArray(answers) ? (answers.at(-1) as Answer | undefined) : undefined;
    return (last?.rows ?? []) as R[];
  }

  textCursor(columns: readonly string[], from: string): TextCursor {
    const client = this.#client as unknown as { query(query: PortalQuery): unknown };
    if (!speaksProtocol(client)) return declaredCursor(this, columns, from);
    return portalCursor(columns, from, (query) =>
      this.#inTurn(() => {
        client.query(query);
        return query.done;
      }),
    );
  }

  copyFrom(sql: string, source: AsyncIterable<string> | Iterable<string>): Promise<number> {
    return this.#inTurn(() => copyInto(this.#client as never, sql, source));
  }

  /** pg wants one statement at a time; its next release will not queue them any more. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const unlessGivenBack = (): Promise<T> => (this.#isClosed ? Promise.reject(givenBack()) : run());
    const result = this.#last.then(unlessGivenBack, unlessGivenBack);
    this.#last = result.catch(() => undefined);
    return result;
  }

  close(error?: unknown): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#client.off("error", this.#ignore);
    const mustEnd = error !== undefined || this.#transaction.isOpen;
    // A client that is thrown away can still break before it has ended.
    if (mustEnd) this.#client.on("error", this.#ignore);
    this.#client.release(mustEnd);
    if (mustEnd) endSoon(this.#client);
    return Promise.resolve();
  }
}
