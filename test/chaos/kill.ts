// The killer: ends random sessions, and every few seconds the whole server, without a word.
import { setTimeout as delay } from "node:timers/promises";
import type { Chance } from "../harness/chance.ts";
import { tryConnect, type World } from "./world.ts";

export interface KillOptions {
  /** Mean time between two killed sessions. */
  readonly sessionMs: number;
  /** Mean time between two crashes of the server. */
  readonly crashMs: number;
}

/** Kills until the run is over; the server is up when this returns. */
export async function kill(world: World, { sessionMs, crashMs }: KillOptions): Promise<void> {
  const random = world.random.fork("killer");
  let crashAt = Date.now() + spread(random, crashMs);
  while (!world.isOver()) {
    await delay(spread(random, sessionMs));
    if (Date.now() < crashAt) {
      await killSession(world, random);
    } else {
      await world.cluster.halt("immediate");
      await delay(random.int(50));
      await world.cluster.start();
      world.count("server crashes");
      crashAt = Date.now() + spread(random, crashMs);
    }
  }
}

async function killSession(world: World, random: Chance): Promise<void> {
  const client = await tryConnect(world.cluster, "killer");
  if (client === null) return;
  try {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where application_name like 'chaos %' and pid <> pg_backend_pid() order by application_name, pid`,
    );
    if (rows.length === 0) return;
    await client.query("select pg_terminate_backend($1)", [random.pick(rows).pid]);
    world.count("sessions killed");
  } finally {
    await client.end().catch(() => undefined);
  }
}

function spread(random: Chance, meanMs: number): number {
  return meanMs * (0.5 + random.next());
}
