// Slower ticks while old row versions pile up. Pure.
//
// Every batch changes the row of its consumer. Old versions of that row are taken away at once, unless some snapshot may
// still need them: then they stay, and everything that reads the row wades through them. Fewer ticks, fewer versions.
import type { VacuumHorizon } from "../pgq/index.ts";

export interface Restraint {
  /** The oldest snapshot that holds back vacuum, and since when it is known to be that; monotonic. */
  readonly xmin: string | null;
  readonly sinceMs: number;
  /** Shortest pause between two looks; 0: any. */
  readonly pauseMs: number;
}

export const noRestraint: Restraint = { xmin: null, sinceMs: 0, pauseMs: 0 };

/** How often to ask, under traffic. */
export const HORIZON_PERIOD_MS = 5000;
const OLD_SNAPSHOT_MS = 10_000;
/** Below, nobody notices them. */
const FEW_DEAD_ROWS = 500;
/** So many say that something is wrong also to a role that may not see the snapshots of others. */
const MANY_DEAD_ROWS = 20_000;
const SHORTEST_PAUSE_MS = 250;
/** At so many, one look every ticker period. */
const WORST_DEAD_ROWS = 100_000;

/** `tickerPeriodMs` is the longest pause. */
export function restrain(
  before: Restraint,
  { xmin, deadRows }: VacuumHorizon,
  tickerPeriodMs: number,
  nowMs: number,
): Restraint {
  const sinceMs = xmin !== null && xmin === before.xmin ? before.sinceMs : nowMs;
  const isHeld = xmin !== null && nowMs - sinceMs >= OLD_SNAPSHOT_MS;
  const isNeeded = (isHeld && deadRows >= FEW_DEAD_ROWS) || deadRows >= MANY_DEAD_ROWS;
  return { xmin, sinceMs, pauseMs: isNeeded ? slowPauseMs(deadRows, tickerPeriodMs) : 0 };
}

function slowPauseMs(deadRows: number, tickerPeriodMs: number): number {
  const share = Math.min(1, deadRows / WORST_DEAD_ROWS);
  return Math.min(tickerPeriodMs, SHORTEST_PAUSE_MS + share * Math.max(0, tickerPeriodMs - SHORTEST_PAUSE_MS));
}
