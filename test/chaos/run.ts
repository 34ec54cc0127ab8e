// One chaos run from the empty server to the verdict.
import { setTimeout as delay } from "node:timers/promises";
import { act } from "./actor.ts";
import { check, drain } from "./check.ts";
import { consumer, type ConsumerOptions, visitor } from "./consume.ts";
import { kill } from "./kill.ts";
import { producer } from "./produce.ts";
import { type ChaosOptions, setUp } from "./setup.ts";
import { comingAndGoing, retries, rotation, strictTicker, ticker, watchRotations } from "./upkeep.ts";
import { tryConnect, type World } from "./world.ts";

export interface ChaosReport {
  /** What was wrong; empty when everything held. */
  readonly violations: readonly string[];
  /** How often what happened. */
  readonly counts: ReadonlyMap<string, number>;
}

const PRODUCERS = 6;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const world = await setUp(options);
  try {
    const consumers = world.queues.flatMap(({ name: queue }): ConsumerOptions[] => [
      { queue, consumer: "quick", retries: 0.05 },
      { queue, consumer: "slow", slowMs: 300, retries: 0.02 },
    ]);
    await register(world, consumers);

    const sessions = options.cExtension === undefined ? [1, 2] : [1];
    const actors = [
      ...Array.from({ length: PRODUCERS }, (_, i) => act(world, `producer ${i}`, producer(`p${i}`))),
      // Two sessions of each consumer, which get in each other's way; the C version does not stand that.
      ...consumers.flatMap((c) =>
        sessions.map((n) => act(world, `consumer ${c.queue} ${c.consumer} ${n}`, consumer(c))),
      ),
      ...world.queues.map(({ name }, i) => act(world, `visitor ${i}`, visitor(name, `visitor ${i}`))),
      act(world, "ticker 1", ticker),
      act(world, "rotation 1", rotation),
      act(world, "retries 1", retries),
      act(world, "watch", watchRotations()),
      // Things that the C version is known not to stand.
      ...(options.cExtension === undefined ? sternActors(world) : []),
      kill(world, { sessionMs: 250, crashMs: 6000 }),
    ];
    await Promise.race([delay(options.seconds * 1000), ...actors]); // an actor that ends before has failed
    world.end();
    await Promise.all(actors);

    const client = await drain(world, consumers);
    const violations = await check(world, client);
    await client.end();
    return { violations, counts: world.counts };
  } finally {
    await world.cluster.stop();
  }
}

function sternActors(world: World): Promise<void>[] {
  return [
    act(world, "ticker 2", ticker),
    act(world, "ticker 3", strictTicker),
    act(world, "rotation 2", rotation),
    act(world, "retries 2", retries),
    act(world, "queues 1", comingAndGoing("comes and goes 1")),
    act(world, "queues 2", comingAndGoing("comes and goes 2")),
  ];
}

async function register(world: World, consumers: readonly ConsumerOptions[]): Promise<void> {
  const client = await tryConnect(world.cluster, "setup");
  if (client === null) throw new Error("the server did not stay up");
  for (const { queue, consumer } of consumers) {
    await client.query("select pgq.register_consumer($1, $2)", [queue, consumer]);
    await client.query("insert into chaos.faithful values ($1, $2)", [queue, consumer]);
  }
  await client.end();
}
