// Making, changing and removing queues. The role needs pgq_admin.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { listConsumers } from "../inspect/consumers.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { callCreateQueue, callDropQueue, callSetQueueConfig } from "../sql-calls/queue-admin.ts";
import { type QueueSettings, type SettingChange, settingChanges } from "./queue-settings.ts";
import { requireQueue } from "../inspect/require.ts";

/**
 * Makes sure that a queue is there and has these settings; others stay as they are. May be called again.
 * @returns whether it was made now @throws SETTING_INVALID before anything is done
 */
export async function createQueue(
  source: ExecutorSource,
  queue: QueueName,
  settings: QueueSettings = {},
): Promise<boolean> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  const changes = settingChanges(settings);
  const isNew = await callCreateQueue(db, name);
  await applyChanges(db, name, changes);
  return isNew;
}

/**
 * Removes a queue with its events. @throws QUEUE_UNKNOWN, and CONSUMERS_ATTACHED unless `force` is given, which
 * unregisters them.
 */
export async function dropQueue(source: ExecutorSource, queue: QueueName, { force = false } = {}): Promise<void> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireQueue(db, name);
  const consumers = force ? [] : await listConsumers(db, { queue: name });
  if (consumers.length > 0) {
    const names = consumers.map(({ consumer }) => consumer).join(", ");
    throw new SkytoolsError("CONSUMERS_ATTACHED", `queue ${name} still has consumers: ${names}`, {
      hint: "unregister them, or drop the queue with --force",
    });
  }
  await callDropQueue(db, name, force);
}

/** Changes settings of a queue. @throws SETTING_INVALID before anything is done, QUEUE_UNKNOWN */
export async function setQueueConfig(source: ExecutorSource, queue: QueueName, settings: QueueSettings): Promise<void> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  const changes = settingChanges(settings);
  await requireQueue(db, name);
  await applyChanges(db, name, changes);
}

/** No more ticks: consumers get nothing new, producers go on. @returns whether it was running */
export async function pauseQueue(source: ExecutorSource, queue: QueueName): Promise<boolean> {
  const db = toExecutor(source);
  return await setPaused(db, queueNameOf(queue), true);
}

/** @returns whether it was paused */
export async function resumeQueue(source: ExecutorSource, queue: QueueName): Promise<boolean> {
  const db = toExecutor(source);
  return await setPaused(db, queueNameOf(queue), false);
}

async function setPaused(db: Executor, name: string, isPaused: boolean): Promise<boolean> {
  const { settings } = await requireQueue(db, name);
  if (settings.tickerPaused === isPaused) return false;
  await callSetQueueConfig(db, name, "ticker_paused", String(isPaused));
  return true;
}

async function applyChanges(db: Executor, name: string, changes: readonly SettingChange[]): Promise<void> {
  for (const { definition, text } of changes) {
    if (definition.isFunctionParameter && text !== null) {
      await callSetQueueConfig(db, name, definition.column, text);
    } else {
      // The column's name comes from our own table of settings.
      await db.query(
        `update pgq.queue set queue_${definition.column} = $2::text::${definition.type === "bool" ? "boolean" : "integer"}
          where queue_name = $1::text`,
        [name, text],
      );
    }
  }
}
