// What happens to a run: a seed decides what and when.
import { setTimeout as delay } from "node:timers/promises";
import type { Chance } from "../../harness/chance.ts";
import type { Actor } from "./actor.ts";
import { withClient } from "./ledger.ts";
import type { PgqdActor } from "./pgqd.ts";
import type { Place, Stage } from "./stage.ts";

interface Scene {
  readonly actors: readonly Actor[];
  readonly random: Chance;
  readonly place: Place;
  readonly actor: Actor;
}

interface Trouble {
  readonly name: string;
  readonly weight: number;
  readonly make: (scene: Scene) => Promise<void> | void;
  readonly isPossible?: (place: Place) => boolean;
}

const HOUR_MS = 3_600_000;

const troubles: readonly Trouble[] = [
  { name: "processes killed", weight: 30, make: ({ actor }) => actor.kill() },
  { name: "processes stopped gently", weight: 10, make: ({ actor }) => actor.stopGently() },
  { name: "processes frozen", weight: 8, make: ({ actor, random }) => actor.freeze(random.int(3000)) },
  { name: "clocks shifted", weight: 5, make: ({ actor, random }) => actor.shiftClock((random.next() - 0.5) * HOUR_MS) },
  { name: "clocks of servers set", weight: 4, make: setServerClock, isPossible: ({ clock }) => clock !== null },
  { name: "pgqd misconfigured", weight: 3, make: misconfigure },
  { name: "sessions killed", weight: 20, make: killSession },
  { name: "server crashes", weight: 5, make: crash },
  { name: "connections cut", weight: 6, make: ({ place }) => place.proxy.cut() },
  { name: "networks stalled", weight: 6, make: ({ place, random }) => place.proxy.stall(random.int(1500)) },
  {
    name: "connections left half open",
    weight: 4,
    make: ({ place, random }) => place.proxy.halfOpen(random.int(3000)),
  },
];

/** Enough to say that work was done meanwhile; on a slow machine trouble goes on longer to get there. */
const LEAST_EVENTS = 200;
const LONGEST_FACTOR = 4;

/** Makes trouble for so long; servers are up and processes are running when this returns. */
export async function makeTrouble(stage: Stage, actors: readonly Actor[], ms: number, meanMs = 350): Promise<void> {
  const random = stage.random.fork("trouble");
  const from = performance.now();
  const isOver = (): boolean => {
    const spent = performance.now() - from;
    return spent > LONGEST_FACTOR * ms || (spent > ms && stage.acknowledged.size >= LEAST_EVENTS);
  };
  const pickPlace = (): Place => (random.chance(0.7) ? stage.source : stage.target);
  await troubleUntil(isOver, { random, actors, pickPlace, meanMs, count: (what) => stage.count(what) });
}

export interface TroubleOptions {
  readonly random: Chance;
  readonly actors: readonly Actor[];
  readonly pickPlace: () => Place;
  /** Between two. */
  readonly meanMs: number;
  readonly count: (what: string) => void;
}

/** Servers are up and processes are running when this returns. */
export async function troubleUntil(isOver: () => boolean, options: TroubleOptions): Promise<void> {
  const { random, actors, pickPlace, meanMs, count } = options;
  while (!isOver()) {
    await delay(meanMs * (0.3 + 1.4 * random.next()));
    const trouble = pickWeighted(random);
    const place = pickPlace();
    if (trouble.isPossible?.(place) === false) continue;
    await trouble.make({ actors, random, place, actor: random.pick(actors) });
    count(trouble.name);
  }
}

function pickWeighted(random: Chance): Trouble {
  let dice = random.int(troubles.reduce((sum, { weight }) => sum + weight, 0));
  for (const trouble of troubles) {
    dice -= trouble.weight;
    if (dice < 0) return trouble;
  }
  throw new Error("no trouble");
}

function setServerClock({ place, random }: Scene): void {
  place.clock?.set((random.next() - 0.5) * 2 * HOUR_MS);
}

async function misconfigure({ actors, random }: Scene): Promise<void> {
  const pgqds = actors.filter((actor): actor is PgqdActor => "misconfigure" in actor);
  if (pgqds.length > 0) await random.pick(pgqds).misconfigure();
}

async function killSession({ place, random }: Scene): Promise<void> {
  await withClient(place.directUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
        order by backend_start, pid`,
    );
    if (rows.length > 0) await client.query("select pg_terminate_backend($1)", [random.pick(rows).pid]);
  });
}

async function crash({ place, random }: Scene): Promise<void> {
  await place.cluster.halt("immediate");
  await delay(random.int(500));
  await place.cluster.start();
}
