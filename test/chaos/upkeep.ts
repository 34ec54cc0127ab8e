// The daemon's side: ticks from two places at once, rotation as fast as it is allowed, retries, queues that come and go.
import type { Step } from "./actor.ts";
import { pause } from "./world.ts";

export const ticker: Step = async ({ client, random, world }) => {
  if (random.chance(0.3)) {
    await client.query("select pgq.ticker()");
  } else {
    const { name } = random.pick(world.queues);
    await client.query("begin");
    await client.query("select pgq.ticker($1)", [name]);
    await pause(random, 80); // a tick that becomes visible late
    await client.query(random.chance(0.05) ? "rollback" : "commit");
  }
  world.count("ticker calls");
  await pause(random, 60);
};

/** A ticker whose snapshot may be older than another's tick. */
export const strictTicker: Step = async ({ client, random, world }) => {
  await client.query(`begin isolation level ${random.pick(["repeatable read", "serializable"])}`);
  await client.query("select count(*) from pgq.queue");
  await pause(random, 100);
  await client.query("select pgq.ticker($1)", [random.pick(world.queues).name]);
  await client.query("commit");
  world.count("ticker calls with an old snapshot");
  await pause(random, 200);
};

/** Step 1 and step 2 in transactions of their own; now and then whoever does it dies in between. */
export const rotation: Step = async ({ client, random, world }) => {
  for (const { name } of world.queues) {
    await client.query("begin");
    await client.query("select pgq.maint_rotate_tables_step1($1)", [name]);
    await pause(random, 60);
    await client.query(random.chance(0.05) ? "rollback" : "commit");
    if (random.chance(0.5)) await pause(random, 60);
  }
  if (random.chance(0.1)) return; // died between the steps
  await client.query("begin");
  await client.query("select pgq.maint_rotate_tables_step2()");
  await pause(random, 60);
  await client.query(random.chance(0.05) ? "rollback" : "commit");
  await pause(random, 30);
};

export const retries: Step = async ({ client, random, world }) => {
  const { rows } = await client.query<{ moved: number }>("select pgq.maint_retry_events() as moved");
  world.count("retry events moved", rows[0]!.moved);
  await pause(random, 100);
};

/** Counts the rotations that took place, from the outside. */
export function watchRotations(): Step {
  const last = new Map<string, string>();
  return async ({ client, random, world }) => {
    const { rows } = await client.query<{ queue_name: string; step1: string }>(
      "select queue_name, queue_switch_step1::text as step1 from pgq.queue where queue_name = any($1)",
      [world.queues.map(({ name }) => name)],
    );
    for (const { queue_name: name, step1 } of rows) {
      if (last.get(name) !== step1 && last.has(name)) world.count(`rotations of ${name}`);
      last.set(name, step1);
    }
    await pause(random, 30);
  };
}

/** Other queues are made, used and dropped meanwhile. */
export function comingAndGoing(name: string): Step {
  return async ({ client, random, world }) => {
    await client.query("select pgq.create_queue($1)", [name]);
    await client.query("select pgq.register_consumer($1, 'c')", [name]);
    await client.query("select pgq.insert_event($1, 't', 'd')", [name]);
    await pause(random, 200);
    await client.query("select pgq.drop_queue($1, true)", [name]);
    world.count("queues made and dropped");
    await pause(random, 400);
  };
}
