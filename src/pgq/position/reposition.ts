// What an operator does when queue and remembered position do not fit each other.
import type { Position, PositionContext } from "../consumer/seam.ts";

/**
 * Moves the queue's position to the tick that is remembered where events are applied. The consumer must not run.
 *
 * @returns that tick; null: nothing is remembered there, and nothing was done
 */
export async function rewindToPosition(position: Position, context: PositionContext): Promise<bigint | null> {
  const tick = (await position.stored?.(context)) ?? null;
  if (tick !== null) await context.source.register(context.database, tick);
  return tick;
}

/** Forgets what is remembered where events are applied: the queue's position counts. The consumer must not run. */
export async function resetPosition(position: Position, context: PositionContext): Promise<void> {
  await position.moved?.(null, context);
}
