// What a benchmark of the whole product is: one piece of work that every peer does in its own best way.
// reading: the figures of one run of one peer. round: one run of each peer, one right after the other; ratios are only
// made inside a round.
import type { Meter, Reading } from "./meter.ts";
import type { Peer, PeerName } from "./peer.ts";

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

export type { Reading };

/** `to`: our figure divided by that peer's; without it our figure itself. */
export interface Target {
  readonly figure: string;
  readonly to?: PeerName;
  readonly kind: "atLeast" | "atMost";
  readonly value: number;
}

export interface Contest {
  readonly name: string;
  /** The figures of a reading in the order in which they are printed, with their units. */
  readonly figures: Readonly<Record<string, string>>;
  readonly peers: readonly PeerName[];
  readonly targets: readonly Target[];
  /** All peers at once, where a run takes its time anyway. */
  readonly isConcurrent?: boolean;
  /** One round only. */
  readonly isSingle?: boolean;
  /** Runs only when it is asked for by its name or flag. */
  readonly isOptional?: boolean;
  readonly measure: (peer: Peer, size: Size, meter: Meter) => Promise<Reading>;
}

/** Of what Meter gives. */
export const rateFigures = { rate: "events/s", cpu: "µs of CPU an event" } as const;

export const atLeast = (figure: string, value: number, to?: PeerName): Target => ({
  figure,
  kind: "atLeast",
  value,
  ...(to === undefined ? {} : { to }),
});
export const atMost = (figure: string, value: number, to?: PeerName): Target => ({
  ...atLeast(figure, value, to),
  kind: "atMost",
});
