// The contests of replication: how much work, and which peers.
import type { Contest as PeerContest } from "../harness/peer-contest.ts";
import type { Peer, PeerName } from "./peer.ts";

export { atLeast, atMost } from "../harness/peer-contest.ts";
export type { Reading } from "../harness/meter.ts";

/** `full` for figures, `quick` to see that everything runs. */
export interface Size {
  readonly rounds: number;
  /** Rows of the table that is copied and compared. */
  readonly copyRows: number;
  /** Row changes in small transactions. */
  readonly smallChanges: number;
  /** Rows of one large statement. */
  readonly statementRows: number;
  /** The part of such work that the old Londiste gets: only its rate counts, and it takes long. */
  readonly oldShare: number;
  /** What a peer has not done by then counts as failed. */
  readonly patienceSeconds: number;
  readonly lagSeconds: number;
  readonly pgbenchSeconds: number;
  readonly pgbenchScale: number;
}

export const sizes = {
  full: {
    rounds: 2,
    copyRows: 1_000_000,
    smallChanges: 200_000,
    statementRows: 100_000,
    oldShare: 1,
    patienceSeconds: 1800,
    lagSeconds: 30,
    pgbenchSeconds: 20,
    pgbenchScale: 10,
  },
  quick: {
    rounds: 1,
    copyRows: 100_000,
    smallChanges: 20_000,
    statementRows: 20_000,
    oldShare: 0.1,
    patienceSeconds: 60,
    lagSeconds: 3,
    pgbenchSeconds: 3,
    pgbenchScale: 2,
  },
} as const satisfies Record<string, Size>;

export type Contest = PeerContest<PeerName, Peer, Size>;

/** Of what Meter gives, counted in rows. */
export const rowFigures = { rate: "rows/s", cpu: "µs of CPU a row" } as const;
