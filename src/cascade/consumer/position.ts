// Where a batch lies relative to what is applied here. Source: spec of the cascade, 3.3 and 4.5.
import { SkytoolsError } from "../../errors/index.ts";

/**
 * apply: the batch begins where we stand. done: it was applied, only finish it. skip: applied long ago, finish it.
 * rewind: we stand inside of it, so the provider must be told where. wait: not before the combined queue has brought it.
 */
export type BatchPlace = "apply" | "done" | "skip" | "rewind" | "wait";

export interface PlaceQuestion {
  readonly queue: string;
  readonly tickId: bigint;
  readonly previousTickId: bigint;
  /** What the own node says is applied. */
  readonly completedTick: bigint | null;
  /** The combined queue moves the position too, so this consumer may be far behind it. */
  readonly isMergeLeaf?: boolean;
  readonly waitsBehind?: boolean;
}

/** @throws POSITION_LOST when nothing fits: something was or would be left out */
export function placeOf({
  queue,
  tickId,
  previousTickId,
  completedTick,
  isMergeLeaf = false,
  waitsBehind = false,
}: PlaceQuestion): BatchPlace {
  if (completedTick === null) {
    throw new SkytoolsError("POSITION_LOST", `the own node keeps no position for queue ${queue}`, {
      hint: "--reset takes the provider's position over",
    });
  }
  if (waitsBehind) return tickId > completedTick ? "wait" : "skip";
  if (previousTickId === completedTick) return "apply";
  if (tickId === completedTick) return "done";
  // Only a batch of several ticks has an inside; what it holds up to our position is applied.
  if (previousTickId < completedTick && completedTick < tickId) return "rewind";
  if (isMergeLeaf && tickId < completedTick) return "skip";
  throw new SkytoolsError(
    "POSITION_LOST",
    `Lost position: batch ${previousTickId}..${tickId}, dst has ${completedTick}`,
    { hint: "the own node is right: --rewind; the provider is right: --reset" },
  );
}
