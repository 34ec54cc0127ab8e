// Batches of one consumer that one process reads.
import { SkytoolsError } from "../../errors/index.ts";
import { finishBatch } from "../sql-calls/batch.ts";
import { nextBatch } from "../sql-calls/next-batch.ts";
import { registerConsumer, registerConsumerAt, unregisterConsumer } from "../sql-calls/registration.ts";
import type { BatchSource } from "./seam.ts";

export function plainSource(queue: string, consumer: string): BatchSource {
  return {
    next: (database, wish) => nextBatch(database, queue, consumer, wish),
    async finish(tx, batch) {
      if (await finishBatch(tx, batch.id)) return;
      throw new SkytoolsError("BATCH_LOST", `batch ${batch.id} of consumer ${consumer} on queue ${queue} is not open`, {
        hint: "somebody else runs this consumer, or moved it; cooperative workers can share one",
        details: { queue, consumer, batchId: batch.id },
      });
    },
    register: (db, atTick) =>
      atTick === null ? registerConsumer(db, queue, consumer) : registerConsumerAt(db, queue, consumer, atTick),
    unregister: (db) => unregisterConsumer(db, queue, consumer),
  };
}
