// resurrect: a root that was replaced as lost has come back. It becomes a branch, and what nobody else got is taken out
// of its queue into a file. Tables are not touched: a compare shows what their rows have more or less.
import {
  changeConsumerProvider,
  demoteRoot,
  getCascadeConsumers,
  getQueueLocations,
  getSubscriberInfo,
  hasTick,
  putConsumerAt,
  readConsumerTick,
  readPlainConsumers,
  registerLocation,
  removeConsumer,
  setConsumerCompleted,
  setConsumerPaused,
  setGlobalWatermark,
  unregisterSubscriber,
} from "../sql-calls/index.ts";
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import { gravesOf, gravestoneOf, isCopy, requireHistory } from "./gravestone.ts";
import { type LostEvent, takeLostEvents } from "./lost-events.ts";
import type { Plan, Step } from "./plan.ts";
import { subscribeNode } from "./subscribe.ts";

export interface ResurrectOptions {
  /** Must not return before they are safe. */
  readonly save: (events: readonly LostEvent[]) => Promise<void>;
}

interface Grave {
  readonly node: string;
  readonly tick: bigint;
  readonly root: string;
}

/** For the own node. @throws SET_REFUSED without exactly one gravestone and one new root */
export async function planResurrect(set: CascadeSet, { save }: ResurrectOptions): Promise<Plan> {
  const own = await set.info(set.localName);
  if (own.type === "leaf") return { steps: [], outcome: "Current node is leaf, nothing to do" };
  const grave = await findGrave(set, own);
  const db = await set.connect(own.name);
  if (!(await hasTick(db, set.queue, grave.tick))) {
    refuse(`node ${own.name} has no tick ${grave.tick}, where it was replaced`, "drop it and create it anew");
  }
  return {
    steps: [...demotion(set, own, grave), ...cleaning(set, own, grave), ...burial(set, own, grave, save)],
    outcome: `Node '${own.name}' reads from '${grave.node}' and is paused; when its data is looked through: resume`,
  };
}

async function findGrave(set: CascadeSet, own: LiveNode): Promise<Grave> {
  const others = (await set.liveNodes()).filter(({ name }) => name !== own.name);
  const consumer = gravestoneOf(own.name);
  const [grave, second] = await gravesOf(set, others, own.name);
  if (grave === undefined) refuseWithoutGrave(set, others, own.name);
  if (second !== undefined) refuse(`several nodes have the consumer ${consumer}: ${grave.node}, ${second.node}`);
  const root = others.find(({ type }) => type === "root");
  if (root === undefined) refuse("no other living node is root");
  await requireNobodyAhead(set, others, own, grave);
  return { ...grave, root: root.name };
}

function refuseWithoutGrave(set: CascadeSet, others: readonly LiveNode[], name: string): never {
  const consumer = gravestoneOf(name);
  const known = [name, ...others.map((other) => other.name)];
  const away = set.members.map((member) => member.name).filter((member) => !known.includes(member));
  if (away.length === 0) refuse(`no node has the consumer ${consumer}: nobody has replaced ${name} as lost`);
  refuse(
    `no node that answers has the consumer ${consumer}; it may be on ${away.join(" or ")}`,
    `bring that back first; if it is lost, too: drop-node ${name} --dead=${away.join(",")}, and create it anew`,
  );
}

/** Afterwards nothing tells of them any more. @throws SET_REFUSED for a member that reads from here, and was not moved */
async function requireNobodyAhead(
  set: CascadeSet,
  others: readonly LiveNode[],
  own: LiveNode,
  { node: keeper, tick }: Omit<Grave, "root">,
): Promise<void> {
  for (const { name: node, worker } of others) {
    const consumers = await getCascadeConsumers(await set.connect(node), set.queue);
    for (const { consumer, provider } of consumers) {
      if (provider === own.name && !isCopy(consumer, { worker })) await requireHistory(set, { node, consumer });
    }
  }
  const [db, keeperDb] = [await set.connect(own.name), await set.connect(keeper)];
  const known = (await getQueueLocations(keeperDb, set.queue)).map(({ name }) => name);
  for (const { node, worker } of await getSubscriberInfo(db, set.queue)) {
    if (!known.includes(node) || others.some(({ name }) => name === node) || worker === gravestoneOf(node)) continue;
    const reached = await readConsumerTick(db, { queue: set.queue, consumer: worker });
    if (reached === null || reached <= tick) continue;
    refuse(
      `node ${node} does not answer, and has read events that nobody else got`,
      `drop it and create it anew: tag-dead ${node}, drop-node ${node} on node ${keeper}`,
    );
  }
}

function demotion(set: CascadeSet, { name, type, worker }: LiveNode, { node }: Grave): readonly Step[] {
  const { queue } = set;
  const { log } = set.context;
  const whom = { queue, consumer: worker };
  if (type === "branch") {
    return [
      {
        text: `pause consumer ${worker} of node ${name}`,
        run: async () => {
          await setConsumerPaused(await set.connect(name), log, whom, true);
        },
      },
    ];
  }
  return [
    {
      text: `close the queue of node ${name} and make it a branch of node ${node}, paused`,
      run: async () => {
        const db = await set.connect(name);
        await demoteRoot(db, log, queue, 1, node);
        await demoteRoot(db, log, queue, 2, node);
        await demoteRoot(db, log, queue, 2, node);
        await db.transaction(async () => {
          await demoteRoot(db, log, queue, 3, node);
          await setConsumerPaused(db, log, whom, true);
        });
      },
    },
  ];
}

function cleaning(set: CascadeSet, { name }: LiveNode, { tick }: Grave): readonly Step[] {
  const { queue } = set;
  return [
    {
      text: `end all subscriptions on node ${name}, but for gravestones`,
      run: async () => {
        const db = await set.connect(name);
        const subscribers = await getSubscriberInfo(db, queue);
        const isGravestone = (consumer: string): boolean =>
          subscribers.some(({ node, worker }) => worker === consumer && worker === gravestoneOf(node));
        for (const { node, worker } of subscribers) {
          if (!isGravestone(worker)) await unregisterSubscriber(db, set.context.log, queue, node);
        }
        for (const consumer of await readPlainConsumers(db, queue)) {
          if (!isGravestone(consumer)) await removeConsumer(db, { queue, consumer });
          // of a root that was lost before: what it had beyond here is lost again
          else if (((await readConsumerTick(db, { queue, consumer })) ?? 0n) > tick) {
            await putConsumerAt(db, { queue, consumer }, tick);
          }
        }
      },
    },
  ];
}

function burial(set: CascadeSet, own: LiveNode, grave: Grave, save: ResurrectOptions["save"]): readonly Step[] {
  const { queue } = set;
  const { log } = set.context;
  const { name, worker, location } = own;
  return [
    {
      text: `save the events that only node ${name} has, and take them out of its queue`,
      run: async () => {
        const reader = `${name}.dumper`;
        const count = await takeLostEvents(await set.connect(name), { queue, reader, tick: grave.tick }, save);
        log.info({ count }, `${count} lost events were saved`);
      },
    },
    {
      text: `tell all nodes that node ${name} lives`,
      run: async () => {
        if (grave.root === grave.node) return; // tells them when it is subscribed
        const db = await set.connect(grave.root);
        await registerLocation(db, set.logOf(grave.root), queue, { name, location, isDead: false });
      },
    },
    {
      text: `subscribe node ${name} to node ${grave.node}, where the gravestone stands`,
      run: async () => {
        const db = await set.connect(name);
        const whom = { queue, consumer: worker };
        const { globalWatermark } = await set.info(grave.node);
        await db.transaction(async () => {
          await setConsumerCompleted(db, log, whom, grave.tick);
          await changeConsumerProvider(db, log, whom, grave.node);
          if (globalWatermark !== null) await setGlobalWatermark(db, log, queue, globalWatermark);
        });
        // Last, for the gravestone goes with it: whoever gives the command again needs that.
        await subscribeNode(set, { provider: grave.node, node: name, worker, tick: grave.tick });
      },
    },
  ];
}
