// A Pool of pg. The consumer works on clients of the pool and listens on one beside it, so that a small pool is enough.
import type { Database, Listening, Parameter, Session, TextCursor } from "../database.ts";
import type { PgClientLike, PgPoolLike } from "./database-source.ts";
import { declaredCursor } from "./declared-cursor.ts";
import { givenBack } from "./given-back.ts";
import { copyInto } from "./pg-copy.ts";
import { portalCursor, type PortalQuery, speaksProtocol } from "./pg-portal.ts";
import { TransactionState } from "./transaction-state.ts";

interface Answer {
  readonly rows: unknown[];
}

/** The forms of pg's query() that are used here; every Client of pg has them. */
interface Client extends Omit<PgClientLike, "query"> {
  query(statement: string | { text: string; values: Parameter[] }): Promise<Answer>;
}

interface OwnClient extends Client {
  connect(): Promise<void>;
  end(): Promise<void>;
  on(event: "error" | "end" | "notification", listener: (what: never) => void): unknown;
}

interface PoolInside {
  readonly Client?: new (options: unknown) => OwnClient;
  readonly options?: unknown;
}

export function pgDatabase(pool: PgPoolLike): Database {
  const { Client, options } = pool as PoolInside;
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      const answer = (await pool.query(sql, [...params])) as { rows: R[] };
      return answer.rows;
    },
    async open() {
      return new PgSession((await pool.connect()) as unknown as Client);
    },
    ...(Client === undefined ? {} : { listen: (channel, tell) => listen(new Client(options), channel, tell) }),
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
  }

  get native(): unknown {
    if (this.#isClosed) throw givenBack();
    this.#isNativeUsed = true;
    return this.#client;
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
    return Promise.resolve();
  }
}

async function listen(client: OwnClient, channel: string, onNotify: (payload: string) => void): Promise<Listening> {
  let tellEnded: (reason: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => (tellEnded = resolve));
  client.on("error", (error: Error) => tellEnded(error));
  client.on("end", () => tellEnded(new Error("the connection that listens has ended")));
  client.on("notification", (message: { channel: string; payload?: string }) => {
    if (message.channel === channel) onNotify(message.payload ?? "");
  });
  try {
    await client.connect();
    await client.query(`listen "${channel.replaceAll('"', '""')}"`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    ended,
    async stop() {
      tellEnded(null);
      await client.end().catch(() => undefined);
    },
  };
}
