// The steps by which a cascaded consumer gets another provider; the worker of a node moves the node with it.
import { changeConsumerProvider, getSubscriberInfo, putConsumerAt, removeConsumer } from "../sql-calls/index.ts";
import { type CascadeSet, firstLine } from "./cascade-set.ts";
import type { Pauses } from "./pause.ts";
import type { Step } from "./plan.ts";
import { subscribeNode, unsubscribeNode, waitForTick } from "./subscribe.ts";

export interface Move {
  readonly node: string;
  readonly consumer: string;
  /** The consumer is the worker of the node. */
  readonly isWorker: boolean;
  readonly provider: string;
}

/** Any of them may be done twice, also by a later run. Nothing is checked: see the callers. */
export function moveSteps(set: CascadeSet, pauses: Pauses, move: Move): readonly Step[] {
  const { node, consumer, provider } = move;
  const whom = { node, consumer };
  let oldProvider: string | null = null;
  return [
    {
      text: `pause consumer ${consumer} of node ${node}`,
      run: async () => {
        await pauses.pause(whom);
        oldProvider = (await pauses.state(whom)).providerNode;
      },
    },
    {
      text: `wait until node ${provider} has the tick that ${consumer} has reached`,
      run: async () => await waitForTick(set, provider, await position(pauses, move)),
    },
    {
      text: `subscribe node ${node} to node ${provider}`,
      run: async () => await subscribe(set, move, await position(pauses, move)),
    },
    {
      text: `tell node ${node} to read from node ${provider}`,
      run: async () => {
        const db = await set.connect(node);
        await changeConsumerProvider(db, set.logOf(node), { queue: set.queue, consumer }, provider);
      },
    },
    { text: `resume consumer ${consumer} of node ${node}`, run: () => pauses.resume(whom) },
    {
      text: `end the subscription of node ${node} where it was`,
      run: async () => {
        if (oldProvider === null || oldProvider === provider || set.isDead(oldProvider)) return;
        await leave(set, move, oldProvider);
      },
    },
  ];
}

async function position(pauses: Pauses, { node, consumer }: Move): Promise<bigint> {
  const { completedTick } = await pauses.state({ node, consumer });
  if (completedTick === null) throw new Error(`consumer ${consumer} of node ${node} has no position`);
  return completedTick;
}

async function subscribe(set: CascadeSet, { node, consumer, isWorker, provider }: Move, tick: bigint): Promise<void> {
  if (isWorker) await subscribeNode(set, { provider, node, worker: consumer, tick });
  else await putConsumerAt(await set.connect(provider), { queue: set.queue, consumer }, tick);
}

async function leave(set: CascadeSet, { node, consumer, isWorker }: Move, provider: string): Promise<void> {
  if (isWorker) {
    await unsubscribeNode(set, provider, node);
    return;
  }
  try {
    await removeConsumer(await set.connect(provider), { queue: set.queue, consumer });
  } catch (error) {
    set.logOf(provider).warn({ consumer }, `consumer ${consumer} could not be unregistered: ${firstLine(error)}`);
  }
}

/** Nodes that list a node as their subscriber though it reads from another one. */
export async function strayProviders(
  set: CascadeSet,
  node: string,
  provider: string,
  among: readonly string[],
): Promise<readonly string[]> {
  const found = await Promise.all(
    among
      .filter((name) => name !== provider && name !== node)
      .map(async (name) => {
        const subscribers = await getSubscriberInfo(await set.connect(name), set.queue);
        return subscribers.some((one) => one.node === node) ? [name] : [];
      }),
  );
  return found.flat();
}
