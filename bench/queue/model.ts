// The contests of the queue: how much work, and which peers.
import type { Contest as PeerContest } from "../harness/peer-contest.ts";
import type { Peer, PeerName } from "./peer.ts";

export { atLeast, atMost, rateFigures } from "../harness/peer-contest.ts";
export type { Reading } from "../harness/meter.ts";

/** How much work: `full` for figures, `quick` to see that everything runs. */
export interface Size {
  readonly rounds: number;
  /** Events that are produced one a transaction. */
  readonly transactions: number;
  /** Events that are produced in bulk. */
  readonly bulkEvents: number;
  readonly backlog: number;
  /** The drain of a slow peer is stopped after this time; its rate is that of what it did. */
  readonly drainSeconds: number;
  readonly latencySeconds: number;
  readonly trafficSeconds: number;
  /** Events of the small and the large batch of the memory test. */
  readonly memoryEvents: readonly [number, number];
}

export const sizes = {
  full: {
    rounds: 3,
    transactions: 3_000,
    bulkEvents: 100_000,
    backlog: 500_000,
    drainSeconds: 15,
    latencySeconds: 30,
    trafficSeconds: 600,
    memoryEvents: [1_000, 5_000_000],
  },
  quick: {
    rounds: 1,
    transactions: 200,
    bulkEvents: 10_000,
    backlog: 20_000,
    drainSeconds: 3,
    latencySeconds: 3,
    trafficSeconds: 20,
    memoryEvents: [1_000, 100_000],
  },
} as const satisfies Record<string, Size>;

export type Contest = PeerContest<PeerName, Peer, Size>;
