// A connection string. The connections are our own, made when they are needed; one that is free is kept for the next.
import { env } from "node:process";
import type { Database, Listening, Parameter, Session, TextCursor } from "../database.ts";
import { givenBack } from "./given-back.ts";
import { portalCursor } from "./pg-portal.ts";
import { TransactionState } from "./transaction-state.ts";
import type { Connection } from "../../postgres/index.ts";

/** A Database that has something to close. */
export interface OwnedDatabase extends Database {
  /** Ends the connections that are free. Those in use end when they are given back. */
  close(): Promise<void>;
}

const KEPT = 2;

/** @param applicationName - used unless the string or PGAPPNAME has one */
export function connectionDatabase(target: string, applicationName: string): OwnedDatabase {
  const free: Connection[] = [];
  let isClosed = false;

  const connect = async (): Promise<Connection> => {
    const postgres = await import("../../postgres/index.ts");
    return await postgres.connect(target, { env, applicationName });
  };
  const supply: ConnectionSupply = {
    async take() {
      for (let kept = free.pop(); kept !== undefined; kept = free.pop()) if (kept.isOpen) return kept;
      return await connect();
    },
    async giveBack(connection, isBroken) {
      if (!isBroken && !isClosed && connection.isOpen && free.length < KEPT) free.push(connection);
      else await connection.close().catch(() => undefined);
    },
    connectToListen: connect,
  };
  return {
    ...suppliedDatabase(supply),
    async close() {
      isClosed = true;
      await Promise.all(free.splice(0).map((connection) => connection.close().catch(() => undefined)));
    },
  };
}

/** Where connections come from and go to. */
export interface ConnectionSupply {
  take(): Promise<Connection>;
  /** A broken one, or one in a transaction, must be ended. */
  giveBack(connection: Connection, isBroken: boolean): Promise<void>;
  /** One that nobody else has; it is closed by who asked. */
  connectToListen(): Promise<Connection>;
}

export function suppliedDatabase(supply: ConnectionSupply): Database {
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      const connection = await supply.take();
      try {
        return await connection.query<R>(sql, params);
      } finally {
        await supply.giveBack(connection, false);
      }
    },
    async open() {
      return new ConnectionSession(await supply.take(), supply);
    },
    async listen(channel, onNotify) {
      return await listen(await supply.connectToListen(), channel, onNotify);
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
  try {
    await connection.listen(channel, ({ payload }) => onNotify(payload));
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
  return { ended, stop: () => connection.close().catch(() => undefined) };
}
