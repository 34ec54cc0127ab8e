// --register, --unregister, --rewind and --reset of cascaded consumers. Source: spec of the cascade, 3.1 and 3.2.
import { SkytoolsError } from "../../errors/index.ts";
import { getConsumerPosition, subscribe, subscribeAt, unsubscribe } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import {
  type CascadeConsumer,
  getConsumerState,
  getNodeInfo,
  registerCascadeConsumer,
  setConsumerCompleted,
  unregisterCascadeConsumer,
} from "../sql-calls/index.ts";

export interface RegistrationParts {
  readonly consumer: CascadeConsumer;
  /** A session on the provider. */
  readonly source: Connection;
  /** A session on the own node. */
  readonly target: Connection;
  readonly log: Logger;
}

/** At the newest tick of the provider, or where the consumer stands there already. @throws NODE_REFUSED, ROW_COUNT */
export async function registerCascaded({ consumer, source, target, log }: RegistrationParts): Promise<void> {
  const { queue } = consumer;
  const node = await getNodeInfo(source, queue);
  if (node === null) throw new SkytoolsError("NODE_REFUSED", `the provider has no node of queue ${queue}`);
  await subscribe(source, queue, consumer.consumer);
  const tick = await lastTick(source, consumer);
  if (tick === null) throw new SkytoolsError("ROW_COUNT", `queue ${queue} of the provider has no tick yet`);
  await registerCascadeConsumer(target, log, consumer, { provider: node.name, tick });
}

/** The provider first: what is left when that fails can be repeated. */
export async function unregisterCascaded({ consumer, source, target, log }: RegistrationParts): Promise<void> {
  await unsubscribe(source, consumer.queue, consumer.consumer);
  await unregisterCascadeConsumer(target, log, consumer);
}

/** The own node is right, the provider is moved. @returns the tick; null: the own node keeps none, nothing was done */
export async function rewindCascaded({ consumer, source, target }: RegistrationParts): Promise<bigint | null> {
  const { completedTick } = await getConsumerState(target, consumer);
  if (completedTick !== null) await subscribeAt(source, consumer.queue, consumer.consumer, completedTick);
  return completedTick;
}

/** The provider is right, the own node is moved. @returns the tick; null: the provider does not know the consumer */
export async function resetCascaded({ consumer, source, target, log }: RegistrationParts): Promise<bigint | null> {
  const tick = await lastTick(source, consumer);
  if (tick !== null) await setConsumerCompleted(target, log, consumer, tick);
  return tick;
}

async function lastTick(source: Connection, { queue, consumer }: CascadeConsumer): Promise<bigint | null> {
  return (await getConsumerPosition(source, queue, consumer))?.lastTick ?? null;
}
