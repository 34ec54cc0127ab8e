// Which source of batches the options ask for.
import { systemClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { cooperativeSource } from "../coop/index.ts";
import type { ConsumerOptions } from "./options.ts";
import { plainSource } from "./plain-source.ts";
import type { BatchSource } from "./seam.ts";

/** @throws WRONG_USE */
export function batchSource(queue: string, options: ConsumerOptions): BatchSource {
  const { consumer, source, cooperative, position, clock = systemClock } = options;
  if (source !== undefined) return source;
  if (cooperative === undefined) return plainSource(queue, consumer);
  if (position !== undefined && position.kind !== "inDatabase") {
    throw new SkytoolsError("WRONG_USE", `a cooperative consumer cannot have the position ${position.kind}`, {
      hint: "what one worker has noted elsewhere, the one that takes its batch over would not know: use inDatabase()",
    });
  }
  return cooperativeSource(queue, consumer, cooperative, clock);
}
