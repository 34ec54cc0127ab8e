// What a move of a consumer does, in words.
import type { Move } from "../../../pgq/index.ts";
import { count, requireYes } from "../../confirm.ts";
import type { CommandContext } from "../../context.ts";

export function describeMove({ queue, consumer, from, to, skipped, repeated }: Move): string {
  const effect =
    skipped > 0n
      ? `; about ${count(skipped, "event")} skipped`
      : repeated > 0n
        ? `; about ${count(repeated, "event")} will be delivered again`
        : "";
  const way = from === to.tick ? `stays at tick ${to.tick}` : `moved from tick ${from ?? "?"} to ${to.tick}`;
  return `consumer ${consumer} of queue ${queue} ${way} (${to.time})${effect}`;
}

/** @throws CONFIRMATION when events or an open batch would be lost */
export function requireYesForMove(context: CommandContext, move: Move): void {
  const lost = [
    ...(move.from !== null && move.to.tick > move.from ? [`never get about ${count(move.skipped, "event")}`] : []),
    ...(move.droppedBatch === null
      ? []
      : [`lose its open batch ${move.droppedBatch}, which somebody may be working on`]),
  ];
  if (lost.length > 0)
    requireYes(context, `consumer ${move.consumer} of queue ${move.queue} would ${lost.join(" and ")}`);
}
