// A connection string. The connections are our own, made when they are needed; one that is free is kept for the next.
import { env } from "node:process";
import { callAfter } from "../../clock/index.ts";
import type { Database, Listening, Parameter, Patience, Session, TextCursor } from "../database.ts";
import { givenBack } from "./given-back.ts";
import { portalCursor } from "./pg-portal.ts";
import { KEEPALIVE_MS } from "./pg-socket.ts";
import { TransactionState } from "./transaction-state.ts";
import type { Connection } from "../../postgres/index.ts";

/** A Database that has something to close. */
export interface OwnedDatabase extends Database {
  /** Ends the connections that are free. Those in use end when they are given back. */
  close(): Promise<void>;
}

const KEPT = 2;
const LISTEN_LIMIT_MS = 10_000;

/** @param applicationName - used unless the string or PGAPPNAME has one */
export function connectionDatabase(target: string, applicationName: string): OwnedDatabase {
  const free: Connection[] = [];
  let isClosed = false;

  const connect = async (signal?: AbortSignal): Promise<Connection> => {
    const { connect: open, mergeConninfo, parseConninfo } = await import("../../postgres/index.ts");
    const given = mergeConninfo(parseConninfo(target), { keepalives_idle: String(KEEPALIVE_MS / 1000) });
    return await open(given, { env, applicationName, signal });
  };
  const endAll = async (): Promise<void> => {
    await Promise.all(free.splice(0).map((connection) => connection.close().catch(() => undefined)));
  };
  const supply: ConnectionSupply = {
    async take(signal) {
      for (let kept = free.pop(); kept !== undefined; kept = free.pop()) if (kept.isOpen) return kept;
      return await connect(signal);
    },
    async giveBack(connection, isBroken) {
      if (!isBroken && !isClosed && connection.isOpen && free.length < KEPT) {
        free.push(connection);
        return;
      }
      await connection.close().catch(() => undefined);
    },
    connectToListen: connect,
    // what is silent on one connection is on the others too
    silent: endAll,
  };
  return {
    ...suppliedDatabase(supply),
    async close() {
      isClosed = true;
      await endAll();
    },
  };
}

/** Where connections come from and go to. */
export interface ConnectionSupply {
  /** Aborting the signal ends the making of a connection. */
  take(signal?: AbortSignal): Promise<Connection>;
  /** A broken one, or one in a transaction, must be ended. */
  giveBack(connection: Connection, isBroken: boolean): Promise<void>;
  /** One that nobody else has; it is closed by who asked. */
  connectToListen(signal?: AbortSignal): Promise<Connection>;
  /** A connection gave no answer. */
  readonly silent?: () => Promise<void>;
}

export function suppliedDatabase(supply: ConnectionSupply): Database {
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = [], { signal }: Patience = {}) {
      const connection = await supply.take(signal);
      const abandon = (): void => void Promise.all([connection.close(), supply.silent?.()]).catch(() => undefined);
      signal?.addEventListener("abort", abandon, { once: true });
      try {
        return await connection.query<R>(sql, params);
      } finally {
        signal?.removeEventListener("abort", abandon);
        await supply.giveBack(connection, !connection.isOpen);
      }
    },
    async open({ signal } = {}) {
      return new ConnectionSession(await supply.take(signal), supply);
    },
    async isPooled() {
      const connection = await supply.take(AbortSignal.timeout(LISTEN_LIMIT_MS));
      try {
        const [row] = await connection.query<{ pid: number }>("select pg_catalog.pg_backend_pid() as pid");
        return connection.backendPid !== null && connection.backendPid !== row?.pid;
      } finally {
        await supply.giveBack(connection, !connection.isOpen);
      }
    },
    async listen(channel, onNotify) {
      return await listen(await supply.connectToListen(AbortSignal.timeout(LISTEN_LIMIT_MS)), channel, onNotify);
    },
  };
}

class ConnectionSession implements Session {
  readonly #connection: Connection;
  readonly #supply: ConnectionSupply;
  readonly #transaction = new TransactionState();
  #isClosed = false;

  constructor(connection: Connection, supply: ConnectionSupply) {
    this.#connection = connection;
    this.#supply = supply;
  }

  get native(): Connection {
    if (this.#isClosed) throw givenBack();
    return this.#connection;
  }

  async query<R extends object>(sql: string, params: readonly Parameter[] = []): Promise<R[]> {
    const connection = this.native;
    this.#transaction.sent(sql);
    return await connection.query<R>(sql, params);
  }

  async script<R extends object>(sql: string): Promise<R[]> {
    const connection = this.native;
    this.#transaction.sent(sql);
    const results = await connection.execute(sql);
    return (results.at(-1)?.rows ?? []) as R[];
  }

  textCursor(columns: readonly string[], from: string): TextCursor {
    return portalCursor(columns, from, (query) => this.native.submit(query));
  }

  async copyFrom(sql: string, source: AsyncIterable<string> | Iterable<string>): Promise<number> {
    return await this.native.copyFrom(sql, source);
  }

  async close(error?: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#supply.giveBack(this.#connection, error !== undefined || this.#transaction.isOpen);
  }
}

async function listen(
  connection: Connection,
  channel: string,
  onNotify: (payload: string) => void,
): Promise<Listening> {
  const ended = new Promise<unknown>((resolve) => void connection.onEnd(resolve));
  const end = (): void => void connection.close().catch(() => undefined);
  const cancel = callAfter(LISTEN_LIMIT_MS, end);
  try {
    await connection.listen(channel, ({ payload }) => onNotify(payload));
  } catch (error) {
    end();
    throw error;
  } finally {
    cancel();
  }
  return { ended, stop: () => connection.close().catch(() => undefined) };
}
