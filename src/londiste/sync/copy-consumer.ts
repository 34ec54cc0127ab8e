// The consumer that a copy has at its source: what is left of it keeps events there for ever.
import {
  type CascadeConsumerInfo,
  getCascadeConsumers,
  getQueueLocations,
  unregisterCascadeConsumer,
} from "../../cascade/index.ts";
import { unsubscribe } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { copyConsumer, type TaskContext } from "./task-context.ts";

/**
 * The copy's source has left the set, or is marked as dead: what has been replayed from it may be of a history that the set
 * has given up, where ticks of the same number are others.
 */
export async function hasLostSource(context: TaskContext, db: Connection, table: string): Promise<boolean> {
  const known = await findCopyConsumer(context, db, table);
  return known !== undefined && !(await isAlive(context, db, known.provider));
}

/** Takes it off the source first, so that this can be repeated when it fails. */
export async function dropCopyConsumer(context: TaskContext, table: string, signal: AbortSignal): Promise<void> {
  const db = await context.connections.target("copy", signal);
  try {
    const known = await findCopyConsumer(context, db, table);
    if (known !== undefined) await drop(context, db, known, signal);
  } finally {
    await db.close();
  }
}

/** Those of tables that are not being copied: of a worker that died at the wrong moment. */
export async function sweepCopyConsumers(
  context: TaskContext,
  isCopied: (table: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const prefix = copyConsumer(context, "").consumer;
  const db = await context.connections.target("copy", signal);
  try {
    for (const one of await getCascadeConsumers(db, context.queue)) {
      if (!one.consumer.startsWith(prefix) || isCopied(one.consumer.slice(prefix.length))) continue;
      await drop(context, db, one, signal);
    }
  } finally {
    await db.close();
  }
}

async function findCopyConsumer(
  context: TaskContext,
  db: Connection,
  table: string,
): Promise<CascadeConsumerInfo | undefined> {
  const { queue, consumer } = copyConsumer(context, table);
  return (await getCascadeConsumers(db, queue)).find((one) => one.consumer === consumer);
}

async function isAlive({ queue }: TaskContext, db: Connection, node: string): Promise<boolean> {
  return (await getQueueLocations(db, queue)).some(({ name, isDead }) => name === node && !isDead);
}

async function drop(
  context: TaskContext,
  db: Connection,
  { consumer, provider }: CascadeConsumerInfo,
  signal: AbortSignal,
): Promise<void> {
  const { queue, log, connections } = context;
  // What has left the set keeps nothing for us.
  if (await isAlive(context, db, provider)) {
    const source = await connections.node(provider, "copy", signal);
    try {
      await unsubscribe(source, queue, consumer);
    } finally {
      await source.close();
    }
  }
  await unregisterCascadeConsumer(db, log, { queue, consumer });
}
