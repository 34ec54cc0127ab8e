// The option `cooperative` of a consumer.
import type { Clock } from "../../clock/index.ts";
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import type { BatchSource } from "../consumer/seam.ts";
import { orderedSource } from "./ordered-source.ts";
import { sharedSource } from "./shared-source.ts";

/** How workers share a consumer: each batch to one of them, or with orderBy each key. */
export interface CooperativeOptions {
  /** Name of this worker: each process needs one of its own. With orderBy it is not needed. */
  readonly subconsumer?: string;
  /** A worker without a sign of life for this long is dead, and its batch is given to another one. Default 60 000. */
  readonly deadAfterMs?: number;
  /**
   * Keeps the order of each key: the key as SQL over ev_type, ev_data, ev_extra1 … ("ev_extra1",
   * "ev_data::json->>'customer'"), the same in all workers. Not for user input. Without it, order between batches is lost.
   */
  readonly orderBy?: string;
  /** With orderBy: how many batches can be worked on at once, the same in all workers. Default 8. */
  readonly partitions?: number;
}

const NAMES = ["subconsumer", "deadAfterMs", "orderBy", "partitions"];
const MOST_PARTITIONS = 1000;

/** @throws WRONG_USE */
export function cooperativeSource(
  queue: string,
  consumer: string,
  options: CooperativeOptions,
  clock: Clock,
): BatchSource {
  check(options);
  const { subconsumer, orderBy, partitions, deadAfterMs } = options;
  const common = { queue, consumer, clock, ...(deadAfterMs === undefined ? {} : { deadAfterMs }) };
  if (orderBy !== undefined) {
    return orderedSource({ ...common, orderBy, ...(partitions === undefined ? {} : { partitions }) });
  }
  if (subconsumer !== undefined) return sharedSource({ ...common, subconsumer });
  throw wrong("has neither subconsumer nor orderBy", "subconsumer: a name of its own for each process");
}

// These see what plain JavaScript passes.
function check(options: CooperativeOptions): void {
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue;
    const near = nearestName(name, NAMES);
    throw wrong(`has no option ${name}`, near === null ? `options: ${NAMES.join(", ")}` : `did you mean ${near}?`);
  }
  const { subconsumer, orderBy, partitions, deadAfterMs } = options as Record<keyof CooperativeOptions, unknown>;
  if (subconsumer !== undefined && (typeof subconsumer !== "string" || subconsumer === "")) {
    throw wrong("has a subconsumer without a name", "each worker needs a name of its own");
  }
  if (
    deadAfterMs !== undefined &&
    !(typeof deadAfterMs === "number" && deadAfterMs > 0 && Number.isFinite(deadAfterMs))
  ) {
    throw wrong("has a deadAfterMs that is no number above 0");
  }
  if (orderBy !== undefined && (typeof orderBy !== "string" || orderBy.trim() === "")) {
    throw wrong("has an orderBy that is no SQL", "the key of an event: ev_extra1");
  }
  if (partitions === undefined) return;
  if (orderBy === undefined) throw wrong("has partitions without orderBy");
  if (!Number.isInteger(partitions) || Number(partitions) < 1 || Number(partitions) > MOST_PARTITIONS) {
    throw wrong(`has partitions that are no whole number from 1 to ${MOST_PARTITIONS}`);
  }
}

function wrong(what: string, hint?: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `the option cooperative ${what}`, { hint });
}
