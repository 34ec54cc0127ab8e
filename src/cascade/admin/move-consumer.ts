// The steps by which a cascaded consumer gets another provider; the worker of a node moves the node with it.
import { changeConsumerProvider, putConsumerAt, removeConsumer } from "../sql-calls/index.ts";
import { type CascadeSet, firstLine } from "./cascade-set.ts";
import { requireHistory, requireSameTick } from "./gravestone.ts";
import { canceled, type Pauses } from "./pause.ts";
import type { Step } from "./plan.ts";
import { endStrays, subscribeNode, waitForTick } from "./subscribe.ts";

export interface Move {
  readonly node: string;
  readonly consumer: string;
  /** The consumer is the worker of the node. */
  readonly isWorker: boolean;
  readonly provider: string;
}

/** Any of them may be done twice, also by a later run. Nothing is checked but the position: see the callers. */
export function moveSteps(set: CascadeSet, pauses: Pauses, move: Move): readonly Step[] {
  const { node, consumer, isWorker, provider } = move;
  const whom = { node, consumer };
  const tell: Step = {
    text: `let consumer ${consumer} of node ${node} read from node ${provider}, and resume it`,
    run: async () => {
      const db = await set.connect(node);
      await pauses.resume(whom, async () => {
        await changeConsumerProvider(db, set.logOf(node), { queue: set.queue, consumer }, provider);
        // behind the change, which locks the row: who was resumed meanwhile has gone on where he was
        if (!(await pauses.state(whom)).isPaused) throw canceled(node, consumer);
      });
    },
  };
  const leave: Step = {
    text: `end the subscription of ${isWorker ? `node ${node}` : `consumer ${consumer}`} where it was`,
    run: async () => await (isWorker ? endStrays(set, node) : leavePlain(set, pauses, move)),
  };
  return [
    { text: `pause consumer ${consumer} of node ${node}`, run: () => pauses.pause(whom) },
    {
      text: `wait until node ${provider} has the tick that ${consumer} has reached`,
      run: async () => {
        await requireHistory(set, whom);
        const tick = await position(pauses, move);
        await waitForTick(set, provider, tick);
        await requireSameTick(set, { node, provider, tick });
      },
    },
    {
      text: `subscribe ${isWorker ? `node ${node}` : `consumer ${consumer}`} to node ${provider}`,
      run: async () => await subscribe(set, move, await position(pauses, move)),
    },
    // a node is listed where it was; whose a plain consumer is, only its own node says, until it is told
    ...(isWorker ? [tell, leave] : [leave, tell]),
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

async function leavePlain(set: CascadeSet, pauses: Pauses, { node, consumer, provider }: Move): Promise<void> {
  const { providerNode: old } = await pauses.state({ node, consumer });
  if (old === provider || set.isDead(old)) return;
  try {
    await removeConsumer(await set.connect(old), { queue: set.queue, consumer });
  } catch (error) {
    set.logOf(old).warn({ consumer }, `consumer ${consumer} could not be unregistered: ${firstLine(error)}`);
  }
}
