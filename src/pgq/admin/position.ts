// Where in a queue a consumer can be put: at a tick, at a time, at the first or the last tick that is kept.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import {
  queryNewestTick,
  queryOldestTick,
  queryTick,
  queryTickAfter,
  queryTickAtTime,
  type TickRow,
} from "../sql-calls/ticks.ts";

/** `time` is a timestamptz, any text that the server reads; the consumer then gets what was committed after it. */
export type QueuePosition =
  | "first"
  | "last"
  | { readonly tick: bigint }
  | { readonly time: string }
  /** The same, counted back from now. Milliseconds. */
  | { readonly agoMs: number }
  /** So many ticks further than a tick, as far as there are. */
  | { readonly after: bigint; readonly ticks: number };

/** A tick of a queue. */
export interface Place {
  readonly tick: bigint;
  /** timestamptz text. */
  readonly time: string;
  /** Value of the event sequence; null where it was not noted. */
  readonly seq: bigint | null;
}

/** The tick that a position means. @throws POSITION_GONE */
export async function findPlace(source: ExecutorSource, queue: string, position: QueuePosition): Promise<Place> {
  const db = toExecutor(source);
  const row = await lookUp(db, queue, position);
  if (row !== null) return toPlace(row);
  const [oldest, newest] = [await queryOldestTick(db, queue), await queryNewestTick(db, queue)];
  throw new SkytoolsError("POSITION_GONE", `queue ${queue} has no tick ${describe(position)}`, {
    hint:
      oldest === null || newest === null
        ? "the queue has no ticks yet: is a ticker running?"
        : `the oldest is ${oldest.tick} of ${oldest.time}, the newest ${newest.tick} of ${newest.time}`,
  });
}

function lookUp(db: Executor, queue: string, position: QueuePosition): Promise<TickRow | null> {
  if (position === "first") return queryOldestTick(db, queue);
  if (position === "last") return queryNewestTick(db, queue);
  if ("tick" in position) return queryTick(db, queue, position.tick);
  if ("time" in position) return queryTickAtTime(db, queue, position.time, 0);
  if ("agoMs" in position) return queryTickAtTime(db, queue, "now", position.agoMs);
  return queryTickAfter(db, queue, position.after, position.ticks);
}

function describe(position: QueuePosition): string {
  if (position === "first" || position === "last") return "at all";
  if ("tick" in position) return String(position.tick);
  if ("time" in position) return `as old as ${position.time}`;
  if ("agoMs" in position) return `that is ${position.agoMs / 1000} s old`;
  return `after ${position.after}`;
}

function toPlace({ tick, time, seq }: TickRow): Place {
  return { tick: BigInt(tick), time, seq: seq === null ? null : BigInt(seq) };
}
