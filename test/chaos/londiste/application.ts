// An application that uses the database in which writing is allowed, wherever that is at the moment, without a pause.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Chance } from "../../harness/chance.ts";
import type { ChaosSet } from "./places.ts";
import { change } from "./tables.ts";

export interface Application {
  /** Transactions that were committed. */
  readonly done: () => number;
  stop(): Promise<void>;
}

const PAUSE_MS = 20;
const LIMITS = "set statement_timeout = '5s'; set lock_timeout = '3s'";

export function startApplication(set: ChaosSet, clients: number): Application {
  const homes = set.nodes.filter(({ role }) => role !== "leaf");
  const stopping = new AbortController();
  const isOver = (): boolean => stopping.signal.aborted;
  let done = 0;
  let home = 0;

  const client = async (random: Chance): Promise<void> => {
    while (!isOver()) {
      const at = home;
      const db = new pg.Client(homes[at]!.directUrl);
      db.on("error", () => undefined);
      try {
        await db.connect();
        await db.query(LIMITS);
        while (!isOver() && at === home) {
          await transaction(db, random);
          done += 1;
          await delay(PAUSE_MS * random.next());
        }
      } catch {
        if (at === home) home = (home + 1) % homes.length;
        await delay(100);
      }
      await db.end().catch(() => undefined);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, (_, n) => client(set.random.fork(`client ${n}`))));
  return {
    done: () => done,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Some are rolled back, by the client or by a conflict with another; only a refusal and a lost session end the session. */
async function transaction(db: pg.Client, random: Chance): Promise<void> {
  await db.query("begin");
  try {
    for (let n = 1 + random.int(3); n > 0; n -= 1) await db.query(change(random));
    await db.query(random.chance(0.05) ? "rollback" : "commit");
  } catch (error) {
    await db.query("rollback");
    if (!isCollision(error)) throw error;
  }
}

/** Deadlock, lock timeout, statement timeout, unique violation. */
function isCollision(error: unknown): boolean {
  return ["40P01", "55P03", "57014", "23505"].includes((error as { code?: string }).code ?? "");
}
