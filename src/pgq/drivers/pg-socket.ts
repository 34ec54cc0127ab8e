// The socket below a client of pg, for what its own interface cannot do on a network that gives no answer. Where a client
// has none (another version, pg-native) nothing is done.
import { callAfter } from "../../clock/index.ts";

interface SocketLike {
  setKeepAlive?(isOn: boolean, initialDelayMs: number): unknown;
  destroy?(error?: Error): unknown;
}

/** A peer that is gone is noticed in about twice this time, also while a long statement runs. */
export const KEEPALIVE_MS = 10_000;
/** For the goodbye to the server. */
const END_AFTER_MS = 1_000;

const keptAlive = new WeakSet();

function socketOf(client: unknown): SocketLike | null {
  const { connection } = client as { connection?: { stream?: SocketLike } };
  return connection?.stream ?? null;
}

/** Lets the system look after the peer while nothing is sent. */
export function keepAlive(client: object): void {
  if (keptAlive.has(client)) return;
  keptAlive.add(client);
  socketOf(client)?.setKeepAlive?.(true, KEEPALIVE_MS);
}

/** A client that was told to end waits for the server to close; after a while the socket is closed without it. */
export function endSoon(client: object): void {
  callAfter(END_AFTER_MS, () => socketOf(client)?.destroy?.(), { isUrgent: false });
}

/**
 * Takes a client from a pool. `abandon` ends the connection that the pool makes for this call, if it makes one: it would
 * wait for ever and hold one of the pool's places.
 */
export function newSocketOf<T>(
  pool: object,
  take: () => Promise<T>,
): { readonly taken: Promise<T>; readonly abandon: () => void } {
  const before = clientsOf(pool);
  const taken = take();
  const made = clientsOf(pool).filter((client) => !before.includes(client));
  let isThere = false;
  const there = (): void => void (isThere = true);
  taken.then(there, there);
  return {
    taken,
    abandon() {
      if (!isThere) for (const client of made) socketOf(client)?.destroy?.(new Error("connecting took too long"));
    },
  };
}

function clientsOf(pool: object): readonly unknown[] {
  const { _clients: clients } = pool as { _clients?: unknown };
  return Array.isArray(clients) ? (clients as unknown[]) : [];
}
