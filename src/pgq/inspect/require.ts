// Looks up what a name means before anything is done, so that a typing mistake gets a good answer.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type ConsumerStatus, listConsumers } from "./consumers.ts";
import { listQueues, type QueueStatus } from "./queues.ts";

/** @throws QUEUE_UNKNOWN with the nearest name as hint */
export async function requireQueue(source: ExecutorSource, queue: string): Promise<QueueStatus> {
  const db = toExecutor(source);
  const [found] = await listQueues(db, queue);
  if (found !== undefined) return found;
  const names = (await db.query<{ name: string }>("select queue_name::text as name from pgq.queue")).map((q) => q.name);
  const nearest = nearestName(queue, names);
  throw new SkytoolsError("QUEUE_UNKNOWN", `there is no queue ${queue}`, {
    hint:
      nearest !== null
        ? `did you mean ${nearest}?`
        : names.length === 0
          ? "this database has no queues yet: skytools queue create"
          : "skytools queue list shows the names",
    details: { queue },
  });
}

/** @throws QUEUE_UNKNOWN, CONSUMER_UNKNOWN */
export async function requireConsumer(
  source: ExecutorSource,
  queue: string,
  consumer: string,
): Promise<ConsumerStatus> {
  const db = toExecutor(source);
  const [found] = await listConsumers(db, { queue, consumer });
  if (found !== undefined) return found;
  await requireQueue(db, queue);
  const names = (await listConsumers(db, { queue })).map((c) => c.consumer);
  const nearest = nearestName(consumer, names);
  throw new SkytoolsError("CONSUMER_UNKNOWN", `consumer ${consumer} is not registered on queue ${queue}`, {
    hint: nearest !== null ? `did you mean ${nearest}?` : `skytools consumer register ${queue} ${consumer}`,
    details: { queue, consumer },
  });
}
