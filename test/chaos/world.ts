// What all actors of a chaos run share: the server, the clock's end, the list of what went wrong, the counters, and what
// each producer knows about the fate of its events.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Cluster } from "../../src/testing/index.ts";
import { type Chance, seededChance } from "../harness/chance.ts";

/** What the client that made an event knows about it; "unknown": the connection was lost during the commit. */
export type Fate = "committed" | "rolled back" | "unknown";

export interface QueueUnderTest {
  readonly name: string;
  readonly tables: number;
}

export interface World {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly random: Chance;
  readonly queues: readonly QueueUnderTest[];
  /** Optional things that the installed schema has, such as "insert_events". */
  readonly features: ReadonlySet<string>;
  readonly fates: Map<string, Fate>;
  readonly problems: string[];
  readonly counts: Map<string, number>;
  isOver(): boolean;
  end(): void;
  problem(text: string): void;
  count(what: string, by?: number): void;
  /** A connection, made as soon as the server can be reached; null once the run is over. */
  connect(actor: string): Promise<pg.Client | null>;
}

const RECONNECT_MS = 40;
const MOST_PROBLEMS = 50;

export const DATABASE = "chaos";

export function createWorld(
  cluster: Cluster,
  seed: number,
  queues: readonly QueueUnderTest[],
  features: ReadonlySet<string>,
): World {
  const problems: string[] = [];
  const counts = new Map<string, number>();
  let over = false;
  return {
    cluster,
    seed,
    random: seededChance(seed),
    queues,
    features,
    fates: new Map(),
    problems,
    counts,
    isOver: () => over,
    end: () => (over = true),
    problem(text) {
      if (problems.length < MOST_PROBLEMS) problems.push(text);
    },
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
    async connect(actor) {
      while (!over) {
        const client = await tryConnect(cluster, actor);
        if (client !== null) return client;
        await delay(RECONNECT_MS);
      }
      return null;
    },
  };
}

/** A connection, or null while the server is down or starting. */
export async function tryConnect(cluster: Cluster, actor: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: cluster.url(DATABASE), application_name: `chaos ${actor}` });
  client.on("error", () => undefined); // a kill while nothing runs; the next query fails and tells
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (isLostConnection(error)) return null;
    throw error;
  }
}

/** True for an error after which the session is gone: killed, server down, server starting. */
export function isLostConnection(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined && /^(57P0[1-3]|08...|ECONN.*|EPIPE)$/.test(code)) return true;
  return /Connection terminated|not queryable|connection was closed|Connection ended/i.test(message ?? "");
}

/** Mostly nothing, sometimes a moment, rarely `longMs`: that is what other transactions overtake. */
export async function pause(random: Chance, longMs = 400): Promise<void> {
  const dice = random.next();
  if (dice < 0.6) return;
  await delay(dice < 0.92 ? random.int(25) : random.int(longMs));
}
