// "Why does nothing arrive?": goes the way of an event, from the producer's transaction to the consumer's batch, and
// says at each station what would stop it.
import { nearestName } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { queryHasPgq, queryServer, queryTransactions, queryWriters } from "../sql-calls/activity.ts";
import { explainConsumer } from "./why-consumer.ts";
import { bySeverity, info, problem, type QueueFinding, warning, word } from "./finding.ts";
import { listQueues, type QueueStatus } from "./queues.ts";
import { explainDelayed } from "./set-aside.ts";
import { explainNextTick, judgeTicks } from "./ticks.ts";
import { describeTransaction, endTransaction } from "./transaction-text.ts";

/**
 * Explains why a consumer gets nothing from a queue, the likeliest reason first. Without `consumer` all consumers of
 * the queue are looked at. Names that do not exist are findings, not errors. Any role may ask; what it may not see is
 * left out.
 */
export async function whyNothingArrives(
  source: ExecutorSource,
  queue: QueueName,
  consumer?: string,
): Promise<readonly QueueFinding[]> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  if (!(await queryHasPgq(db))) {
    return [problem("no-pgq", {}, "there is no PgQ in this database", "another database? else: skytools install pgq")];
  }
  const [status] = await listQueues(db, name);
  if (status === undefined) return [await unknownQueue(db, name)];
  const server = await queryServer(db);
  const findings = [
    ...(server?.is_standby === true ? [standby()] : []),
    ...judgeInserts(status),
    ...(await explainOpenWriters(db, name)),
    ...judgeTicks(status),
    ...explainNextTick(status),
    ...(await explainDelayed(db, name)),
    ...(await explainConsumer(db, status, consumer)),
  ];
  return bySeverity(findings);
}

async function unknownQueue(db: Executor, name: string): Promise<QueueFinding> {
  const names = (await listQueues(db)).map(({ queue }) => queue);
  const nearest = nearestName(name, names);
  const cure =
    nearest === null ? `skytools queue create ${word(name)}; or is it another database?` : `did you mean ${nearest}?`;
  return problem("queue-unknown", { queue: name }, `there is no queue ${name} in this database`, cure);
}

function standby(): QueueFinding {
  const message = "this server is a standby: nothing can be consumed here";
  return problem("standby", {}, message, "connect to the primary");
}

function judgeInserts({ queue, settings }: QueueStatus): readonly QueueFinding[] {
  if (!settings.disableInsert) return [];
  const message = `queue ${queue} refuses new events`;
  const cure = `produce where it is fed from (a branch of a cascade), or: skytools queue set ${word(queue)} disable_insert=no`;
  return [warning("insert-disabled", { queue }, message, cure)];
}

/** Events come with the commit of their transaction, and not before. */
async function explainOpenWriters(db: Executor, queue: string): Promise<readonly QueueFinding[]> {
  const writers = await queryWriters(db, queue);
  if (writers.length === 0) return [];
  const transactions = (await queryTransactions(db)).filter(
    ({ pid, is_own }) => !is_own && pid !== null && writers.includes(pid),
  );
  return transactions.map((row) => {
    const message = `${describeTransaction(row)} has written into queue ${queue} and not committed: its events come after that`;
    return info("transaction-open", { queue }, message, endTransaction(row));
  });
}
