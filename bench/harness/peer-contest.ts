// A benchmark of a whole product: one piece of work that every peer does in its own best way.
// reading: the figures of one run of one peer. round: one run of each peer, one right after the other; ratios are only
// made inside a round.
import type { Meter, Reading } from "./meter.ts";

/** `to`: our figure divided by that peer's; without it our figure itself. */
export interface Target<N extends string> {
  readonly figure: string;
  readonly to?: N;
  readonly kind: "atLeast" | "atMost";
  readonly value: number;
}

/** N: names of the peers, one of them "ours". P: what a peer can do. S: how much work. */
export interface Contest<N extends string, P, S> {
  readonly name: string;
  /** The figures of a reading in the order in which they are printed, with their units. */
  readonly figures: Readonly<Record<string, string>>;
  readonly peers: readonly N[];
  readonly targets: readonly Target<N>[];
  /** All peers at once, where a run takes its time anyway. */
  readonly isConcurrent?: boolean;
  /** One round only. */
  readonly isSingle?: boolean;
  /** Runs only when it is asked for by its name or flag. */
  readonly isOptional?: boolean;
  readonly measure: (peer: P, size: S, meter: Meter) => Promise<Reading>;
}

/** Of what Meter gives. */
export const rateFigures = { rate: "events/s", cpu: "µs of CPU an event" } as const;

export function atLeast<N extends string>(figure: string, value: number, to?: N): Target<N> {
  return { figure, kind: "atLeast", value, ...(to === undefined ? {} : { to }) };
}

export function atMost<N extends string>(figure: string, value: number, to?: N): Target<N> {
  return { figure, kind: "atMost", value, ...(to === undefined ? {} : { to }) };
}
