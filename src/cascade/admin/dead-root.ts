// takeover of a root that is lost: the most advanced branch's events come first, then the new node becomes root. What
// only the old root had is lost until resurrect; a gravestone keeps the place where its history ends.
import { SkytoolsError } from "../../errors/index.ts";
import { getCascadeConsumers, promoteBranch, readTickRange, setConsumerPaused } from "../sql-calls/index.ts";
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import { gravesOf, gravestoneOf, isCopy, requireHistory, requireSameTick } from "./gravestone.ts";
import { moveSteps } from "./move-consumer.ts";
import { Pauses } from "./pause.ts";
import type { Plan, Step } from "./plan.ts";
import { farewell, subscribeNode } from "./subscribe.ts";
import { requireNoRoot, succeed } from "./succession.ts";
import { tagSteps } from "./tag-dead.ts";
import { waitFor } from "./wait.ts";

export interface DeadTakeoverOptions {
  readonly oldNode: string;
  readonly newNode: string;
}

/** @throws NODE_UNKNOWN, SET_REFUSED; what connecting to the new node throws */
export async function planDeadRoot(set: CascadeSet, { oldNode, newNode }: DeadTakeoverOptions): Promise<Plan> {
  set.markDead(oldNode);
  const next = await set.info(newNode);
  if (next.type === "leaf") refuse(`node ${newNode} is a leaf: it has no copy of the queue and cannot become root`);
  const live = await set.liveNodes();
  requireNoRoot(live, newNode);
  // both came in one transaction
  if (next.type === "root" && (await gravesOf(set, [next], oldNode)).length === 0) {
    refuse(
      `node ${newNode} is root, but not in the place of node ${oldNode}, whose later events it may not have`,
      `let a branch that has read from ${oldNode} take its place, and then run resurrect on ${newNode} if that was replaced before`,
    );
  }

  if (next.type !== "root") {
    const newRoot = await set.connect(newNode);
    await set.context.hooks?.checkPromote?.({ oldRoot: null, newRoot, queue: set.queue });
  }
  const pauses = new Pauses(set);
  const change = new Replacement(set, pauses, { old: oldNode, next, live });
  const ahead = next.type === "root" ? null : await change.mostAdvanced();
  const orphans = live.filter(({ name, provider }) => name !== newNode && provider === oldNode);
  return {
    steps: [
      ...(await tagSteps(set, oldNode, true)),
      ...(ahead === null ? [] : change.catchUp(ahead)),
      ...(next.type === "root" ? [] : change.promotion()),
      ...orphans.flatMap((orphan) => change.adoption(orphan)),
      farewell(set, newNode),
    ],
    outcome: `Node '${newNode}' is root now; when '${oldNode}' comes back: resurrect`,
    warnings: [...silentNodes(set, live), ...(await foreignReaders(set, live, oldNode))],
    restore: () => pauses.restore(),
  };
}

class Replacement {
  readonly #set: CascadeSet;
  readonly #pauses: Pauses;
  readonly #old: string;
  readonly #next: LiveNode;
  readonly #live: readonly LiveNode[];

  constructor(
    set: CascadeSet,
    pauses: Pauses,
    { old, next, live }: { readonly old: string; readonly next: LiveNode; readonly live: readonly LiveNode[] },
  ) {
    this.#set = set;
    this.#pauses = pauses;
    this.#old = old;
    this.#next = next;
    this.#live = live;
  }

  /** The branch that has more of the lost root than the new one; null: none has. */
  async mostAdvanced(): Promise<LiveNode | null> {
    let best: LiveNode | null = null;
    let bestTop = await this.#top(this.#next.name);
    for (const node of this.#live.filter(({ type }) => type === "branch")) {
      const top = await this.#top(node.name);
      if (top > bestTop) [best, bestTop] = [node, top];
    }
    return best;
  }

  catchUp(ahead: LiveNode): readonly Step[] {
    const { name, worker } = this.#next;
    return [
      ...moveSteps(this.#set, this.#pauses, { node: name, consumer: worker, isWorker: true, provider: ahead.name }),
      {
        text: `wait until node ${name} has what node ${ahead.name} has`,
        run: async () => {
          const wanted = await this.#top(ahead.name);
          await waitFor(this.#set.context, `node ${name} to reach tick ${wanted}`, async () =>
            (await this.#top(name)) >= wanted ? true : null,
          );
        },
      },
    ];
  }

  promotion(): readonly Step[] {
    const { name, worker } = this.#next;
    return [
      {
        text: `pause consumer ${worker} of node ${name}`,
        run: () => this.#pauses.pause({ node: name, consumer: worker }),
      },
      {
        text: `make node ${name} the root, with a gravestone for node ${this.#old}, and resume its consumer ${worker}`,
        run: () => this.#promote(),
      },
    ];
  }

  /** A node that read from the lost one reads from the new root, unless it has applied what that never had. */
  adoption({ name, worker }: LiveNode): readonly Step[] {
    const whom = { node: name, consumer: worker };
    let isLost = false;
    const steps = moveSteps(this.#set, this.#pauses, { ...whom, isWorker: true, provider: this.#next.name });
    return [
      {
        text: `look whether node ${name} has applied events that are lost`,
        run: async () => {
          try {
            await requireHistory(this.#set, whom);
            const { completedTick: tick } = await this.#pauses.state(whom);
            const provider = this.#next.name;
            if (tick !== null) await requireSameTick(this.#set, { node: name, provider, tick });
          } catch (error) {
            isLost = true;
            if (!(error instanceof SkytoolsError) || error.code !== "SET_REFUSED") throw error;
            this.#set.context.log.error({ node: name }, `${error.message}; ${error.hint ?? ""}`);
          }
        },
      },
      ...steps.map(({ text, run }) => ({
        text,
        run: async () => {
          if (!isLost) await run();
        },
      })),
    ];
  }

  /** All in one transaction: the gravestone stands exactly where the new root begins. */
  async #promote(): Promise<void> {
    const set = this.#set;
    const { name, worker } = this.#next;
    const db = await set.connect(name);
    requireNoRoot(await set.liveNodes(), name); // the catch-up may have taken long
    await set.context.hooks?.beforePromote?.({ oldRoot: null, newRoot: db, queue: set.queue });
    await succeed(set, name, async () => {
      if ((await set.info(name)).type === "root") return; // the same command was given twice
      const tick = await this.#top(name);
      await promoteBranch(db, set.logOf(name), set.queue);
      const gravestone = { provider: name, node: this.#old, worker: gravestoneOf(this.#old), tick, isDead: true };
      await subscribeNode(set, gravestone);
      await setConsumerPaused(db, set.logOf(name), { queue: set.queue, consumer: worker }, false);
    });
    await this.#pauses.resume({ node: name, consumer: worker });
  }

  async #top(name: string): Promise<bigint> {
    const range = await readTickRange(await this.#set.connect(name), this.#set.queue);
    if (range === null) refuse(`the queue of node ${name} has no ticks`);
    return range.newest;
  }
}

function silentNodes(set: CascadeSet, live: readonly LiveNode[]): readonly string[] {
  return set.livingNames
    .filter((name) => !live.some((node) => node.name === name))
    .map(
      (name) =>
        `node ${name} does not answer: if it has more events, they will be lost; if it is root, there will be two`,
    );
}

/** Consumers beside the workers that read from the lost node: nobody else can tell where they shall go. */
async function foreignReaders(set: CascadeSet, live: readonly LiveNode[], old: string): Promise<readonly string[]> {
  const found = await Promise.all(
    live.map(async ({ name, worker }) => {
      const consumers = await getCascadeConsumers(await set.connect(name), set.queue);
      return consumers
        .filter(({ consumer, provider }) => provider === old && consumer !== worker && !isCopy(consumer, { worker }))
        .map(({ consumer }) => `consumer ${consumer} of node ${name} reads from ${old}: move it by change-provider`);
    }),
  );
  return found.flat();
}
