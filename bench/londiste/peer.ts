// What every way of replicating tables can do. Each has an origin and a replica on servers of their own, because a
// logical decoder reads all that its server writes.
import type pg from "pg";

/** Ours and PostgreSQL's own beside each other: they run one right after the other, and the old one takes a minute. */
export const peerNames = ["ours", "logical", "old"] as const;
export type PeerName = (typeof peerNames)[number];

export interface Peer {
  readonly name: PeerName;
  /** Plain clients of the two databases, for measuring. */
  readonly origin: pg.Client;
  readonly replica: pg.Client;
  readonly originUrl: string;
  readonly replicaUrl: string;
  /** Replicates a table that is in both databases under the same name; its rows are copied from here on. */
  addTable(table: string): Promise<void>;
  /** The same for tables that hold the same rows already: nothing is copied. */
  addEqualTable(...tables: readonly string[]): Promise<void>;
  /** Waits until the table's copy is done and its changes follow. */
  inSync(table: string): Promise<void>;
  /** Waits until all that is committed on the origin by now has been applied. */
  caughtUp(): Promise<void>;
  /** Stops applying at once, with everything connected; resume() lets it go on. */
  pause(): Promise<void> | void;
  resume(): Promise<void> | void;
  /** Words of the program `londiste`, run at the replica; not for "logical". @returns exit status */
  run(...words: readonly string[]): Promise<number | null>;
  /** CPU time that the servers and the peer's programs have used. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

/** Waits of the peer that take longer than `patienceSeconds` fail. */
export type OpenPeer = (patienceSeconds: number) => Promise<Peer>;

let tables = 0;

/** Each run of a contest has a table of its own, which stays until the servers end: to remove it would only take time. */
export function freshTable(name: string): string {
  return `public.${name}_${(tables += 1)}`;
}
