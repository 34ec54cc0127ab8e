// Which source of batches the options ask for.
import { SkytoolsError } from "../../errors/index.ts";
import { orderedSource, sharedSource } from "../coop/index.ts";
import type { ConsumerOptions } from "./options.ts";
import { plainSource } from "./plain-source.ts";
import type { BatchSource } from "./seam.ts";

/** @throws WRONG_USE */
export function batchSource(queue: string, { consumer, source, cooperative, clock }: ConsumerOptions): BatchSource {
  if (source !== undefined) return source;
  if (cooperative === undefined) return plainSource(queue, consumer);
  const { subconsumer, deadAfterMs, orderBy, partitions } = cooperative;
  const common = {
    queue,
    consumer,
    ...(deadAfterMs === undefined ? {} : { deadAfterMs }),
    ...(clock === undefined ? {} : { clock }),
  };
  if (orderBy !== undefined) {
    return orderedSource({ ...common, orderBy, ...(partitions === undefined ? {} : { partitions }) });
  }
  if (subconsumer !== undefined) return sharedSource({ ...common, subconsumer });
  throw new SkytoolsError("WRONG_USE", "a cooperative consumer has the option subconsumer, or orderBy", {
    hint: "subconsumer: a name of its own for each process; orderBy: SQL for the key whose order is kept",
  });
}
