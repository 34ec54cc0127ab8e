// Runs one actor: step after step until the run is over, on a new connection whenever the old one was killed.
import type pg from "pg";
import type { Chance } from "../harness/chance.ts";
import { isLostConnection, type World } from "./world.ts";

export interface Scene {
  readonly world: World;
  readonly client: pg.Client;
  readonly random: Chance;
}

export type Step = (scene: Scene) => Promise<void>;

// serialization failure, deadlock, lock not available: the client's answer is to try again.
const RETRYABLE = /^(40001|40P01|55P03)$/;
// What the loser of a race between two sessions of one consumer may be told.
const RACE = /^batch not found$|^Cannot find data for batch/;

export async function act(world: World, name: string, step: Step): Promise<void> {
  const random = world.random.fork(name);
  for (;;) {
    const client = await world.connect(name);
    if (client === null) return;
    await stepUntilLost({ world, client, random }, name, step);
    await client.end().catch(() => undefined);
  }
}

async function stepUntilLost(scene: Scene, name: string, step: Step): Promise<void> {
  const { world, client } = scene;
  while (!world.isOver()) {
    try {
      await step(scene);
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      if (isLostConnection(error)) {
        world.count("connections lost");
        return;
      }
      if (RETRYABLE.test(code ?? "")) world.count(`${kindOf(name)}: SQLSTATE ${code}`);
      else if (name.startsWith("consumer ") && RACE.test(message ?? ""))
        world.count("batches finished by another session");
      else world.problem(`${name}: ${code ?? ""} ${message ?? String(error)}`);
      try {
        await client.query("rollback");
      } catch {
        return; // killed just now
      }
    }
  }
}

function kindOf(name: string): string {
  return name.split(" ")[0] ?? name;
}
