// Producers: every way of putting an event into a queue, in transactions of every shape. Each event carries a key of its
// own; the ledger row with that key is written by the same (sub)transaction, after the event, so that it is always the
// event that gives the transaction its id.
import { finished } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import type { Scene, Step } from "./actor.ts";
import { type Fate, pause, type QueueUnderTest } from "./world.ts";

const ISOLATION = ["read committed", "read committed", "repeatable read", "repeatable read", "serializable"] as const;

/** Makes the events for these keys and returns their ids where the call tells them. */
type Method = (scene: Scene, queue: string, keys: readonly string[]) => Promise<(string | null)[]>;

const one: Method = async ({ client }, queue, keys) => {
  const ids: string[] = [];
  for (const key of keys) {
    const { rows } = await client.query<{ id: string }>("select pgq.insert_event($1, 'one', $2) as id", [queue, key]);
    ids.push(...rows.map((row) => row.id));
  }
  return ids;
};

const statement: Method = async ({ client }, queue, keys) => {
  const { rows } = await client.query<{ id: string }>(
    "select pgq.insert_event($1, 'set', k, 'x', null, '', 'y') as id from unnest($2::text[]) k",
    [queue, keys],
  );
  return rows.map((row) => row.id);
};

const arrays: Method = async ({ client }, queue, keys) => {
  const { rows } = await client.query<{ ids: string[] }>(
    "select pgq.insert_events($1, $2::text[], $3::text[]) as ids",
    [queue, keys.map(() => "array"), keys],
  );
  return rows[0]!.ids;
};

const json: Method = async ({ client }, queue, keys) => {
  const events = JSON.stringify(keys.map((data) => ({ type: "json", data })));
  const { rows } = await client.query<{ ids: string[] }>("select pgq.insert_events($1, $2::json) as ids", [
    queue,
    events,
  ]);
  return rows[0]!.ids;
};

async function currentTable({ client, random }: Scene, queue: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>("select pgq.current_event_table($1) as name", [queue]);
  await pause(random, 200); // the name is valid to the end of the transaction
  return rows[0]!.name;
}

const direct: Method = async (scene, queue, keys) => {
  const table = await currentTable(scene, queue);
  const { rows } = await scene.client.query<{ ev_id: string }>(
    `insert into ${table} (ev_time, ev_type, ev_data) select now(), 'direct', k from unnest($1::text[]) k returning ev_id`,
    [keys],
  );
  return rows.map((row) => row.ev_id);
};

const copy: Method = async (scene, queue, keys) => {
  const table = await currentTable(scene, queue);
  const stream = scene.client.query(copyFrom(`copy ${table} (ev_time, ev_type, ev_data) from stdin`));
  stream.end(keys.map((key) => `now\tcopy\t${key}\n`).join(""));
  await finished(stream);
  return keys.map(() => null);
};

const rowTrigger = (table: string): Method =>
  async function trigger({ client, random }, _queue, keys) {
    for (const key of keys) {
      await client.query(`update chaos.${table} set key = $1 where id = $2`, [key, 1 + random.int(30)]);
    }
    return keys.map(() => null);
  };

const METHODS: readonly { method: Method; needs?: string }[] = [
  { method: one },
  { method: one },
  { method: statement },
  { method: direct },
  { method: copy },
  { method: arrays, needs: "insert_events" },
  { method: json, needs: "insert_events_json" },
  { method: rowTrigger("item"), needs: "logutriga" },
  { method: rowTrigger("item_json"), needs: "jsontriga" },
];

/** A step that runs one transaction with one to four blocks of events, some of them undone by savepoints. */
export function producer(name: string): Step {
  let number = 0;
  let gid = 0;
  let session: unknown = null;
  return async (scene) => {
    const { world, client, random } = scene;
    if (session !== client) await finishPrepared(scene, name);
    session = client;

    const kept: string[] = [];
    const settle = (keys: readonly string[], fate: Fate): void => keys.forEach((key) => world.fates.set(key, fate));
    const block = async (): Promise<string[]> => {
      const keys = Array.from(
        { length: 1 + random.int(random.chance(0.1) ? 60 : 4) },
        () => `${name}n${(number += 1)}e`,
      );
      settle(keys, "rolled back"); // true until a commit is sent
      await makeEvents(scene, random.pick(world.queues), keys);
      return keys;
    };

    await client.query(`begin isolation level ${random.pick(ISOLATION)}`);
    if (random.chance(0.5)) {
      await client.query("select count(*) from pgq.queue"); // takes the snapshot of the stricter levels
      await pause(random);
    }
    for (let blocks = 1 + random.int(4); blocks > 0; blocks -= 1) {
      if (!random.chance(0.4)) {
        kept.push(...(await block()));
      } else {
        await client.query("savepoint s");
        const keys = await block();
        const undo = random.chance(0.4);
        await client.query(undo ? "rollback to savepoint s" : "release savepoint s");
        if (!undo) kept.push(...keys);
      }
      await pause(random);
    }

    const ending = random.next();
    if (ending < 0.12) {
      await client.query("rollback");
      world.count("transactions rolled back");
      return;
    }
    settle(kept, "unknown");
    if (ending < 0.22) {
      await client.query(`prepare transaction '${name} ${(gid += 1)}'`);
      await pause(random);
      const commit = random.chance(0.7);
      await client.query(`${commit ? "commit" : "rollback"} prepared '${name} ${gid}'`);
      settle(kept, commit ? "committed" : "rolled back");
      world.count(`transactions prepared, then ${commit ? "committed" : "rolled back"}`);
      return;
    }
    const { command } = await client.query("commit");
    if (command !== "COMMIT") throw new Error(`commit answered ${command}`);
    settle(kept, "committed");
    world.count("transactions committed");
  };
}

async function makeEvents(scene: Scene, queue: QueueUnderTest, keys: readonly string[]): Promise<void> {
  const { world, client, random } = scene;
  const usable = METHODS.filter(({ needs }) => needs === undefined || world.features.has(needs));
  const { method, needs } = random.pick(usable);
  const target = needs === "logutriga" || needs === "jsontriga" ? world.queues[0]! : queue;
  const ids = await method(scene, target.name, keys);
  await client.query(
    "insert into chaos.made (queue, key, ev_id) select $1, k, i from unnest($2::text[], $3::bigint[]) as u (k, i)",
    [target.name, keys, ids],
  );
  world.count(`events by ${method.name}`, keys.length);
}

/** Ends a prepared transaction that this producer left behind when its session was killed; the ledger knows how. */
async function finishPrepared({ world, client, random }: Scene, name: string): Promise<void> {
  const { rows } = await client.query<{ gid: string }>("select gid from pg_prepared_xacts where gid like $1", [
    `${name} %`,
  ]);
  for (const { gid } of rows) {
    await client.query(`${random.chance(0.5) ? "commit" : "rollback"} prepared '${gid}'`);
    world.count("prepared transactions found after a kill");
  }
}
