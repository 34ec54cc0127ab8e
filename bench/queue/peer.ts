// What every peer can do. Each lives in its own database of the one server and uses its client library as its
// documentation recommends for speed.
import type pg from "pg";
import type { QueueServer } from "./server.ts";

export const peerNames = ["ours", "C", "pg-boss", "graphile"] as const;
export type PeerName = (typeof peerNames)[number];

export type TickPace = "default" | "low-latency";

/** Something that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: PeerName;
  readonly database: string;
  /** A plain client of the peer's database, for measuring. */
  readonly client: pg.Client;
  /** Schemas whose tables are the peer's. */
  readonly schemas: readonly string[];
  /** LIKE pattern of the tables that hold what was produced and nothing else; null where bookkeeping is in the same. */
  readonly payloadTables: string | null;
  /** An empty queue, as newly made. */
  reset(): Promise<void>;
  /** One event, committed. One session, one at a time. */
  send(data: string): Promise<void>;
  /** All in one call where the peer has such a call, committed. */
  sendMany(datas: readonly string[]): Promise<void>;
  /** By COPY, in one transaction. */
  readonly copy?: (datas: readonly string[]) => Promise<void>;
  /** Puts that many events into the queue, by whatever is quick; `perTick` in each tick where there are ticks. */
  fill(events: number, perTick: number): Promise<void>;
  /** Consumes with one consumer; resolves when `events` were handled or the time is over. @returns events handled */
  drain(events: number, limitMs: number, handle: (data: string) => void): Promise<number>;
  /** A consumer as it is set up by default, with the daemon that it needs. */
  consume(handle: (data: string) => void, pace: TickPace): Promise<Running>;
  close(): Promise<void>;
}

export type OpenPeer = (server: QueueServer) => Promise<Peer>;
