// Making a node known as a reader on its provider, at a given tick.
import { silentLogger } from "../../service/index.ts";
import {
  getQueueLocations,
  getSubscriberInfo,
  hasTick,
  readTickRange,
  registerLocation,
  registerSubscriber,
  unregisterSubscriber,
} from "../sql-calls/index.ts";
import { type CascadeSet, firstLine, refuse } from "./cascade-set.ts";
import { gravestoneOf } from "./gravestone.ts";
import type { Step } from "./plan.ts";
import { waitFor } from "./wait.ts";

export interface Subscription {
  readonly provider: string;
  readonly node: string;
  readonly worker: string;
  readonly tick: bigint | null;
  /** The node is marked as dead on the provider: a gravestone is set for it. */
  readonly isDead?: boolean;
}

/** Done again it moves the subscription. In one transaction. */
export async function subscribeNode(
  set: CascadeSet,
  { provider, node, worker, tick, isDead = false }: Subscription,
): Promise<void> {
  const { queue } = set;
  const db = await set.connect(provider);
  const log = set.logOf(provider);
  const { location } = set.member(node);
  const work = async (): Promise<void> => {
    const known = (await getQueueLocations(db, queue)).find(({ name }) => name === node);
    // a root tells all others of every call
    if (known?.location !== location || known.isDead !== isDead) {
      await registerLocation(db, log, queue, { name: node, location, isDead });
    }
    const subscribers = await getSubscriberInfo(db, queue);
    if (subscribers.some((one) => one.node === node)) await unregisterSubscriber(db, log, queue, node);
    await registerSubscriber(db, log, queue, { node, worker, tick });
  };
  await (db.isInTransaction ? work() : db.transaction(work));
}

/**
 * Ends the subscriptions of a node to those that it does not read from, also what a run that died has left: each would
 * hold back the rotation of a queue for ever. Failures are only logged.
 */
export async function endStrays(set: CascadeSet, node: string): Promise<void> {
  const { provider } = await set.info(node);
  for (const name of set.livingNames.filter((other) => other !== node && other !== provider)) {
    try {
      const db = await set.connect(name);
      const subscribers = await getSubscriberInfo(db, set.queue);
      const isStray = subscribers.some((one) => one.node === node && one.worker !== gravestoneOf(node));
      if (isStray) await endStray(set, node, name);
    } catch (error) {
      set.context.log.warn(
        { node, provider: name },
        `a subscription of node ${node} to node ${name} could not be looked for, or ended: ${firstLine(error)}`,
      );
    }
  }
}

/**
 * Ended first, then looked at, then committed: who moves the node there just now has paused it before he subscribes it, and
 * until the commit he cannot subscribe it anew.
 */
async function endStray(set: CascadeSet, node: string, at: string): Promise<void> {
  const db = await set.connect(at);
  await db.transaction(async () => {
    await unregisterSubscriber(db, silentLogger, set.queue, node);
    const { type, provider, isPaused } = await set.info(node);
    const isOnItsWay = provider === at || (type !== "root" && isPaused);
    if (isOnItsWay) refuse(`node ${node} is paused, or moves there now: its subscription stays`);
  });
  set.logOf(at).info({}, `Subscriber unregistered: ${node}`);
}

/** The last of what moves nodes below another one: nothing that they have left, or a run before, stays subscribed. */
export function farewell(set: CascadeSet, newNode: string): Step {
  return {
    text: `end the subscriptions that node ${newNode} and its readers had elsewhere`,
    run: async () => {
      for (const { name, provider } of await set.liveNodes()) {
        if (name === newNode || provider === newNode) await endStrays(set, name);
      }
    },
  };
}

/**
 * Waits until a node's queue has a tick that its readers may start at.
 * @throws SET_REFUSED when it is gone from there, WAIT_TIMEOUT
 */
export async function waitForTick(set: CascadeSet, name: string, tick: bigint): Promise<void> {
  await waitFor(set.context, `node ${name} to have tick ${tick}`, async () => {
    const db = await set.connect(name);
    if (await hasTick(db, set.queue, tick)) return true;
    const range = await readTickRange(db, set.queue);
    if (range !== null && range.newest > tick) {
      refuse(
        `node ${name} does not have tick ${tick} any more: it keeps ticks ${range.oldest} to ${range.newest}`,
        "choose another provider, or drop the node and create it anew",
      );
    }
    return null;
  });
}
