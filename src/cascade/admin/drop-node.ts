// drop-node: a node and all that the others know of it. All is looked at before anything is changed.
import {
  dropNode,
  getCascadeConsumers,
  getNodeInfo,
  getSubscriberInfo,
  type NodeInfo,
  removeConsumer,
  unregisterLocation,
} from "../sql-calls/index.ts";
import { type CascadeSet, firstLine, type LiveNode, refuse } from "./cascade-set.ts";
import { gravestoneOf, requireNoSecrets } from "./gravestone.ts";
import type { Plan, Step } from "./plan.ts";

/** @throws NODE_UNKNOWN, SET_REFUSED; what connecting to the node throws unless it is marked as dead */
export async function planDropNode(set: CascadeSet, name: string): Promise<Plan> {
  // the own node lives, whatever the others think
  const isDead = set.isDead(set.member(name).name) && name !== set.localName;
  const live = await set.liveNodes();
  const own = isDead ? null : await ownNode(set, name);
  const readers = live.filter((node) => node.provider === name && node.name !== name).map((node) => node.name);
  if (readers.length > 0) {
    refuse(
      `node still has subscribers: ${readers.join(", ")} read from ${name}`,
      `move them first: change-provider, or takeover ${name} --all`,
    );
  }
  if (own !== null) {
    const subscribers = await getSubscriberInfo(await set.connect(name), set.queue);
    // one that answers has been asked where it reads from
    const nodes = subscribers
      .map(({ node }) => node)
      .filter((node) => !set.isDead(node) && !live.some((other) => other.name === node));
    if (nodes.length > 0) {
      refuse(
        `node still has subscribers: ${nodes.join(", ")}, which cannot be asked`,
        "move them first: change-provider; a node that is lost is marked by: tag-dead",
      );
    }
    for (const { node, worker } of subscribers) {
      if (worker !== gravestoneOf(node)) continue;
      refuse(`node ${name} keeps the gravestone of node ${node}`, `run resurrect on ${node}, or drop it first`);
    }
  }
  await requireNoSecrets(set, live, name);
  const root = live.find(({ type, name: other }) => type === "root" && other !== name);
  // one of two roots may go: what it has in events of its own is lost
  if (own?.type === "root" && root === undefined && live.some((node) => node.name !== name)) {
    refuse(`node ${name} is root, and there are other nodes`, `let one of them take over first: takeover ${name}`);
  }
  const removed =
    own === null ? [] : [...(await leaving(set, own)), removal(set, name)].map((step) => ({ at: name, step }));
  const told = live
    .filter((node) => node.name !== name)
    .map((node) => ({
      at: node.name,
      step: node === root ? farewell(set, root, name) : forgetting(set, node, name),
    }));
  // the own node last: as long as it knows the other one, the command can be given again where it was given
  const steps = [...removed, ...told].sort((a, b) => Number(a.at === set.localName) - Number(b.at === set.localName));
  return {
    steps: steps.map(({ step }) => step),
    warnings: own?.type === "leaf" ? [] : silentReaders(set, live, name),
    outcome: `Node '${name}' is dropped`,
  };
}

/** Nobody keeps for them any more what the node had kept for them. */
function silentReaders(set: CascadeSet, live: readonly LiveNode[], name: string): readonly string[] {
  return set.livingNames
    .filter((member) => member !== name && !live.some((node) => node.name === member))
    .map((member) => `node ${member} does not answer: if it reads from ${name}, it may have to be created anew`);
}

/** null: its database has no node any more. */
async function ownNode(set: CascadeSet, name: string): Promise<NodeInfo | null> {
  const info = await getNodeInfo(await set.connect(name), set.queue);
  return info?.name === name ? info : null;
}

/** The event tells those that cannot be reached now. */
function farewell(set: CascadeSet, root: LiveNode, name: string): Step {
  return {
    text: `tell all nodes, by root ${root.name}, that node ${name} goes`,
    run: async () => {
      await unregisterLocation(await set.connect(root.name), set.logOf(root.name), set.queue, name);
    },
  };
}

/** Beside its worker, which the provider forgets with it. What stayed would hold back the rotation there for ever. */
async function leaving(set: CascadeSet, { name, worker }: NodeInfo): Promise<readonly Step[]> {
  const consumers = await getCascadeConsumers(await set.connect(name), set.queue);
  return consumers
    .filter(({ consumer, provider }) => consumer !== worker && provider !== name && set.livingNames.includes(provider))
    .map(({ consumer, provider }) => ({
      text: `end the subscription of consumer ${consumer} to node ${provider}`,
      run: async () => {
        try {
          await removeConsumer(await set.connect(provider), { queue: set.queue, consumer });
        } catch (error) {
          set.logOf(provider).warn({ consumer }, `consumer ${consumer} could not be unregistered: ${firstLine(error)}`);
        }
      },
    }));
}

function removal(set: CascadeSet, name: string): Step {
  return {
    text: `drop node ${name} with its queue`,
    run: async () => {
      await dropNode(await set.connect(name), set.logOf(name), set.queue, name);
    },
  };
}

function forgetting(set: CascadeSet, node: LiveNode, name: string): Step {
  return {
    text: `forget node ${name} on node ${node.name}`,
    run: async () => {
      try {
        await dropNode(await set.connect(node.name), set.logOf(node.name), set.queue, name);
      } catch (error) {
        set.context.log.warn({ node: node.name }, `node ${node.name} still knows it: ${firstLine(error)}`);
      }
    },
  };
}
