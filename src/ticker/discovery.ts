// Which databases are there, and what to do about a changed list.
import { readDatabases } from "../pgq/index.ts";
import { TickerSession } from "./session.ts";
import type { TickerWorld } from "./site.ts";
import { troubleOf } from "./trouble.ts";

/** `postgres` is the one that is made for such purposes; `template1` is there where somebody has dropped it. */
const DEFAULT_DATABASES = ["postgres", "template1"];
const LIMITS = { statementTimeoutMs: 30_000, lockTimeoutMs: 5000 };

export interface ListChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export function compareLists(known: readonly string[], wanted: readonly string[]): ListChange {
  return {
    added: [...new Set(wanted)].filter((name) => !known.includes(name)),
    removed: known.filter((name) => !wanted.includes(name)),
  };
}

/** Reads the list over a connection that is closed at once. */
export async function findDatabases(world: TickerWorld, signal: AbortSignal): Promise<readonly string[]> {
  const { initialDatabase } = world.settings();
  const candidates = initialDatabase === null ? DEFAULT_DATABASES : [initialDatabase];
  for (const [index, database] of candidates.entries()) {
    try {
      return await listIn(world, database, signal);
    } catch (error) {
      // Another database does not help when the server is not there.
      if (index === candidates.length - 1 || troubleOf(error) !== "denied") throw error;
    }
  }
  return [];
}

async function listIn(world: TickerWorld, database: string, signal: AbortSignal): Promise<readonly string[]> {
  const { clock, env, log, settings } = world;
  const session = await TickerSession.open({
    ...LIMITS,
    target: settings().target,
    database,
    env,
    clock,
    log,
    applicationName: "pgqd discovery",
    signal,
  });
  try {
    return await readDatabases(session);
  } finally {
    await session.close();
  }
}
