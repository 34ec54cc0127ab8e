// Where to begin: behind what is stored, on the way to the server's timeline. Pure, apart from where it is said.
import { SkytoolsError } from "../../errors/index.ts";
import { forkOf, formatLsn, type HistoryEntry, type Lsn, segmentOf, segmentStart } from "../formats/index.ts";
import type { WalPosition } from "./receive-area.ts";

export function roundDown(lsn: Lsn, segmentBytes: number): Lsn {
  return segmentStart(segmentOf(lsn, segmentBytes), segmentBytes);
}

export interface StartQuestion {
  /** Behind the last complete segment that is stored; null: nothing is. */
  readonly stored: WalPosition | null;
  /** How far the begun segment at that place goes; the position itself when there is none. */
  readonly partialLsn: Lsn;
  /** The ancestry of the timeline that is stored. */
  readonly storedHistory: readonly HistoryEntry[];
  /** The server's timeline and its ancestry. */
  readonly timeline: number;
  readonly history: readonly HistoryEntry[];
  /** What the server offers to somebody who has nothing. */
  readonly oldest: WalPosition;
  readonly segmentBytes: number;
  /**
   * Also to a newer timeline that does not descend from the stored one: the server was recovered once more, to a moment
   * before it. Not where another host may be the one to receive from.
   */
  readonly followsSiblings: boolean;
}

/**
 * A place to ask for, always the start of a segment.
 * @throws SAFETY_REFUSED when the stored WAL is of a timeline that the server knows nothing of
 */
export function startPosition(question: StartQuestion): WalPosition {
  const { stored, partialLsn, timeline, history, oldest, segmentBytes } = question;
  if (stored === null) return { timeline: oldest.timeline, lsn: roundDown(oldest.lsn, segmentBytes) };
  if (stored.timeline === timeline) return stored;
  const way = [...question.storedHistory, { timeline: stored.timeline, switchLsn: null }];
  const common = way.findLast((one) => forkOf(history, one.timeline) !== null);
  const fork = common === undefined ? null : forkOf(history, common.timeline);
  const isSibling = common?.timeline !== stored.timeline;
  if (common === undefined || fork === null || timeline < stored.timeline || (isSibling && !question.followsSiblings)) {
    throw foreignTimeline(stored, timeline);
  }
  // The old primary had more than the new one knows: those bytes stay, they belong to the old timeline.
  if (common.switchLsn === null && partialLsn < fork) return stored;
  if (common.switchLsn !== null && common.switchLsn < fork) {
    return { timeline: common.timeline, lsn: roundDown(common.switchLsn, segmentBytes) };
  }
  const next = history.find((entry) => entry.timeline > common.timeline)?.timeline ?? timeline;
  return { timeline: next, lsn: roundDown(fork, segmentBytes) };
}

function foreignTimeline(stored: WalPosition, timeline: number): SkytoolsError {
  const hint =
    timeline < stored.timeline
      ? "an old primary came back: connect to the new one, and bring the old one back with `resurrect`"
      : "two servers were promoted, or one was recovered once more to an earlier moment: to go on with this one, name it alone in primary_conninfo";
  return new SkytoolsError(
    "SAFETY_REFUSED",
    `the server is on timeline ${timeline}, which does not follow ${formatLsn(stored.lsn)} of timeline ${stored.timeline}`,
    { hint },
  );
}
