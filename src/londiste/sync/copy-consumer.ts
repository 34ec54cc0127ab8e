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

/** Takes it off the source first, so that this can be repeated when it fails. */
export async function dropCopyConsumer(context: TaskContext, table: string, signal: AbortSignal): Promise<void> {
  const { queue, consumer } = copyConsumer(context, table);
  const db = await context.connections.target("copy", signal);
  try {
    const known = (await getCascadeConsumers(db, queue)).find((one) => one.consumer === consumer);
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

async function drop(
  context: TaskContext,
  db: Connection,
  { consumer, provider }: CascadeConsumerInfo,
  signal: AbortSignal,
): Promise<void> {
  const { queue, log, connections } = context;
  const node = (await getQueueLocations(db, queue)).find(({ name }) => name === provider);
  // What has left the set keeps nothing for us.
  if (node !== undefined && !node.isDead) {
    const source = await connections.node(provider, "copy", signal);
    try {
      await unsubscribe(source, queue, consumer);
    } finally {
      await source.close();
    }
  }
  await unregisterCascadeConsumer(db, log, { queue, consumer });
}
