// LISTEN on a client of pg of its own: a Pool would give its clients to others.
import type { Listening } from "../database.ts";
import { endSoon, KEEPALIVE_MS } from "./pg-socket.ts";

interface ListenerClient {
  connect(): Promise<unknown>;
  query(statement: { text: string; query_timeout: number }): Promise<unknown>;
  end(): Promise<void>;
  on(event: "error" | "end" | "notification", listener: (what: never) => void): unknown;
}

/** The class of a Pool's clients. */
export type PgListener = new (options: object) => ListenerClient;

const ANSWER_MS = 10_000;

/** @param options - those of the pool; where they have no limit for connecting, there is one here */
export async function listenWithPg(
  Client: PgListener,
  options: object | undefined,
  channel: string,
  onNotify: (payload: string) => void,
): Promise<Listening> {
  const client = new Client(patient(options ?? {}));
  let tellEnded: (reason: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => (tellEnded = resolve));
  client.on("error", (error: Error) => tellEnded(error));
  client.on("end", () => tellEnded(new Error("the connection that listens has ended")));
  client.on("notification", (message: { channel: string; payload?: string }) => {
    if (message.channel === channel) onNotify(message.payload ?? "");
  });
  const end = (): void => {
    client.end().catch(() => undefined);
    endSoon(client);
  };
  try {
    await client.connect();
    await client.query({ text: `listen "${channel.replaceAll('"', '""')}"`, query_timeout: ANSWER_MS });
  } catch (error) {
    end();
    throw error;
  }
  return {
    ended,
    stop() {
      tellEnded(null);
      end();
      return Promise.resolve();
    },
  };
}

/** A copy with its hidden properties (the password is one), and what a connection needs that may be silent for hours. */
function patient(options: { readonly connectionTimeoutMillis?: unknown }): object {
  const copy: object = Object.defineProperties({}, Object.getOwnPropertyDescriptors(options));
  return Object.assign(copy, {
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    connectionTimeoutMillis: Number(options.connectionTimeoutMillis ?? 0) || ANSWER_MS,
  });
}
