// change-provider: a node, or one cascaded consumer of it, reads from another node from now on.
import { getCascadeConsumers, getSubscriberInfo } from "../sql-calls/index.ts";
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import { gravesOf } from "./gravestone.ts";
import { type Move, moveSteps } from "./move-consumer.ts";
import { Pauses } from "./pause.ts";
import type { Plan, Step } from "./plan.ts";
import { endStrays, subscribeNode } from "./subscribe.ts";
import { byName, pathUp, requireNoLoop, requireQueueNode } from "./topology.ts";

export interface ChangeProviderOptions {
  /** Default: the own node. */
  readonly node?: string;
  /** Default: the worker of the node. */
  readonly consumer?: string;
  readonly provider: string;
}

/** @throws NODE_UNKNOWN, SET_REFUSED; what connecting to either node throws */
export async function planChangeProvider(set: CascadeSet, options: ChangeProviderOptions): Promise<Plan> {
  const { node = set.localName, provider } = options;
  if (node === provider) refuse(`node ${node} cannot subscribe to itself`);
  const pauses = new Pauses(set);
  const moved = await set.info(node);
  const consumer = options.consumer ?? moved.worker;
  const move: Move = { node, consumer, isWorker: consumer === moved.worker, provider };
  const state = await requireConsumer(set, move);
  const target = await requireLiving(set, provider);
  requireQueueNode(target);
  if (move.isWorker && moved.type === "root") refuse(`node ${node} is root: it reads from no other node`);
  const restore = (): Promise<void> => pauses.restore();
  if (state.provider === provider) {
    const steps = await mendSteps(set, pauses, move, state);
    return {
      steps,
      outcome: `Consumer '${consumer}' on node '${node}' has '${provider}' as provider already`,
      restore,
    };
  }
  const live = await set.liveNodes();
  if (move.isWorker) requireNoLoop(byName(live), node, provider);
  await requireSameRoot(set, live, state.provider, provider);
  return {
    steps: moveSteps(set, pauses, move),
    outcome: `Consumer '${consumer}' on node '${node}' has '${provider}' as provider`,
    restore,
  };
}

/** @throws SET_REFUSED when it is marked as dead; what connecting throws */
export async function requireLiving(set: CascadeSet, name: string): Promise<LiveNode> {
  set.member(name);
  if (set.isDead(name)) refuse(`node ${name} is marked as dead`, `if it lives: tag-alive ${name}`);
  return await set.info(name);
}

/** Of two roots neither replaced the other: the same ticks are not the same events. */
async function requireSameRoot(set: CascadeSet, live: readonly LiveNode[], from: string, to: string): Promise<void> {
  const nodes = byName(live);
  const [old, next] = [from, to].map((name) => nodes.get(pathUp(nodes, name).at(-1) ?? name));
  if (old?.type !== "root" || next?.type !== "root" || old.name === next.name) return;
  if ((await gravesOf(set, live, old.name)).length > 0) return; // what was applied is looked at
  refuse(
    `node ${from} has its events from root ${old.name}, and node ${to} from root ${next.name}`,
    `keep one of the roots; drop the other and all that read from it, and create them anew`,
  );
}

async function requireConsumer(
  set: CascadeSet,
  { node, consumer }: Move,
): Promise<{ readonly provider: string; readonly isPaused: boolean; readonly lastTick: bigint }> {
  const consumers = await getCascadeConsumers(await set.connect(node), set.queue);
  const found = consumers.find((one) => one.consumer === consumer);
  if (found !== undefined) return found;
  return refuse(
    `node ${node} has no consumer ${consumer}`,
    `known: ${consumers.map((one) => one.consumer).join(", ") || "none"}`,
  );
}

/** What a run that died half-way has left to do. */
async function mendSteps(
  set: CascadeSet,
  pauses: Pauses,
  { node, consumer, isWorker, provider }: Move,
  { isPaused, lastTick }: { readonly isPaused: boolean; readonly lastTick: bigint },
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  if (isWorker) {
    const subscribers = await getSubscriberInfo(await set.connect(provider), set.queue);
    if (!subscribers.some((one) => one.node === node && one.worker === consumer)) {
      steps.push({
        text: `subscribe node ${node} to node ${provider}`,
        run: async () => {
          await subscribeNode(set, { provider, node, worker: consumer, tick: lastTick });
        },
      });
    }
  }
  if (isPaused) {
    steps.push({
      text: `resume consumer ${consumer} of node ${node}`,
      run: () => pauses.resume({ node, consumer }),
    });
  }
  if (!isWorker) return steps;
  const leave = { text: `end subscriptions of node ${node} elsewhere`, run: () => endStrays(set, node) };
  return [...steps, leave];
}
