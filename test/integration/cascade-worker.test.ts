// Workers of cascaded queues: events, ids, ticks and positions on all nodes, whatever dies; pauses and changes of provider.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addEvents,
  batchesOf,
  type CascadeNode,
  type CascadeSet,
  cascadeSet,
  cascadeTemplate,
  queueOf,
  seenOn,
  stateOf,
  tick,
  ticksOf,
  untilSeen,
} from "../harness/cascade-set.ts";
import { type TestDatabase } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { until } from "../harness/until.ts";

describe.each(endMajors())("cascaded workers on PostgreSQL %i", (major) => {
  let template: TestDatabase;
  beforeAll(async () => {
    template = await cascadeTemplate(major);
  });
  afterAll(() => template.drop());

  const lastTick = async (node: CascadeNode): Promise<string> =>
    ((await ticksOf(node)).at(-1) as { tick_id: string } | undefined)?.tick_id ?? "1";
  const untilCaughtUp = async (root: CascadeNode, ...nodes: readonly CascadeNode[]): Promise<void> => {
    const tick = await lastTick(root);
    for (const node of nodes) {
      await until(async () => (await stateOf(node)).last_tick_id === tick, {
        ...{ what: `${node.name} at tick ${tick}`, timeoutMs: 60_000 },
      });
    }
  };
  const chain = async (set: CascadeSet): Promise<[CascadeNode, CascadeNode, CascadeNode]> => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: branch });
    return [root, branch, leaf];
  };

  test("a branch has the root's events with ids and times, and its ticks; each node applies each event once and in order", async () => {
    await using set = cascadeSet(major, template);
    const [root, branch, leaf] = await chain(set);
    const data = Array.from({ length: 30 }, (_, nr) => `e${nr}`);
    const programs = [branch.start(), leaf.start()];

    for (const text of data.slice(0, 10)) await addEvents(root, [text, `${text}'`]);
    await addEvents(root, data.slice(10));
    await untilCaughtUp(root, branch, leaf);
    for (const program of programs) program.kill("SIGTERM");

    expect(await Promise.all(programs.map(({ ended }) => ended))).toEqual([0, 0]);
    const expected = [...data.slice(0, 10).flatMap((text) => [text, `${text}'`]), ...data.slice(10)];
    expect(await seenOn(branch)).toEqual(expected);
    expect(await seenOn(leaf)).toEqual(expected);
    expect(await queueOf(branch)).toEqual(await queueOf(root));
    expect(await ticksOf(branch)).toEqual(await ticksOf(root));
    expect(branch.folder.read("p.log")).not.toMatch(/ERROR|WARNING/);
  });

  test.each(["in", "commit", "tick", "finish"])(
    "killed at '%s' a branch has every event and tick once after the restart, and so have those below it",
    async (crash) => {
      await using set = cascadeSet(major, template);
      const [root, branch, leaf] = await chain(set);
      await addEvents(root, ["1", "2"]);
      await addEvents(root, ["3"]);
      await addEvents(root, ["4", "5"]);

      const killed = branch.start({ CRASH: crash, LIVES: "1", SPARES: "1" });
      expect(await killed.ended).toBe("SIGKILL");
      branch.start();
      leaf.start();
      await untilCaughtUp(root, branch, leaf);

      expect(await seenOn(branch)).toEqual(["1", "2", "3", "4", "5"]);
      expect(await seenOn(leaf)).toEqual(["1", "2", "3", "4", "5"]);
      expect(await queueOf(branch)).toEqual(await queueOf(root));
      expect(await ticksOf(branch)).toEqual(await ticksOf(root));
    },
  );

  test.each(["", "1"])(
    "a branch that is behind makes each tick with exactly the events that the root has there, hooks that spare the target: '%s'",
    async (spares) => {
      await using set = cascadeSet(major, template);
      const [root, branch] = await chain(set);
      const slow = await root.database.connect();
      const insert = "select pgq.insert_event($1, 'row', $2)";
      await addEvents(root, ["1"]);
      await slow.query("begin");
      await slow.query(insert, [root.queue, "late"]);
      await addEvents(root, ["2", 'tab\tand \\ and "quotes"']);
      await tick(root);
      await addEvents(root, ["3"]);
      await slow.query("commit");
      await slow.end();
      await addEvents(root, []);
      // more than is held in memory for several ticks
      for (const text of ["x", "y", "z"]) await addEvents(root, [text.repeat(9_000_000)]);
      await addEvents(root, ["4"]);

      branch.start({ SPARES: spares });
      await untilCaughtUp(root, branch);

      expect(await ticksOf(branch)).toEqual(await ticksOf(root));
      expect(await batchesOf(branch)).toEqual(await batchesOf(root));
      expect(await queueOf(branch)).toEqual(await queueOf(root));
    },
  );

  test("a pause is answered, holds the position, and after it nothing is missing or doubled", async () => {
    await using set = cascadeSet(major, template);
    const [root, branch] = await chain(set);
    branch.start();
    await addEvents(root, ["1"]);
    await untilCaughtUp(root, branch);

    await branch.client.query("select pgq_node.set_consumer_paused($1, $2, true)", [branch.queue, branch.worker]);
    await until(async () => (await stateOf(branch)).uptodate);
    const { last_tick_id: paused } = await stateOf(branch);
    await addEvents(root, ["2", "3"]);
    await addEvents(root, ["4"]);
    await branch.client.query("select pgq_node.set_consumer_uptodate($1, $2, false)", [branch.queue, branch.worker]);
    await until(async () => (await stateOf(branch)).uptodate);
    const stillPaused = await stateOf(branch);
    await branch.client.query("select pgq_node.set_consumer_paused($1, $2, false)", [branch.queue, branch.worker]);
    await untilCaughtUp(root, branch);

    expect(stillPaused).toMatchObject({ paused: true, last_tick_id: paused });
    expect(await seenOn(branch)).toEqual(["1", "2", "3", "4"]);
    expect(await queueOf(branch)).toEqual(await queueOf(root));
  });

  test("an event that fails shows its error in the node's state, a pause is answered meanwhile, and after the cure it goes on", async () => {
    await using set = cascadeSet(major, template);
    const root = await set.create("root", { type: "root" });
    const leaf = await set.create("leaf", { type: "leaf", provider: root, lines: "exception_sleep = 600" });
    leaf.start();
    await addEvents(root, ["1"]);
    await addEvents(root, ["broken"], "bad");

    await until(async () => (await stateOf(leaf)).cur_error?.includes("bad event broken"), { timeoutMs: 60_000 });
    await leaf.client.query("select pgq_node.set_consumer_paused($1, $2, true)", [leaf.queue, leaf.worker]);
    await until(async () => (await stateOf(leaf)).uptodate, { timeoutMs: 60_000 });
    await leaf.client.query("create table cured ()");
    await leaf.client.query("select pgq_node.set_consumer_paused($1, $2, false)", [leaf.queue, leaf.worker]);
    await untilCaughtUp(root, leaf);

    expect(await seenOn(leaf)).toEqual(["1", "broken"]);
    expect((await stateOf(leaf)).cur_error).toBeNull();
  });

  test("a worker moves to another provider under load without a restart, and nothing is missing or doubled", async () => {
    await using set = cascadeSet(major, template);
    const [root, branch, leaf] = await chain(set);
    branch.start();
    leaf.start();
    const data = Array.from({ length: 60 }, (_, nr) => `e${nr}`);
    const load = (async () => {
      for (const text of data) await addEvents(root, [text]);
    })();
    const moveTo = async (provider: CascadeNode, old: CascadeNode): Promise<void> => {
      const names = [leaf.queue, leaf.worker];
      await leaf.client.query("select pgq_node.set_consumer_paused($1, $2, true)", names);
      await until(async () => (await stateOf(leaf)).uptodate);
      const { last_tick_id: tick } = await stateOf(leaf);
      await until(async () => BigInt(await lastTick(provider)) >= BigInt(tick));
      const member = [leaf.queue, leaf.name, leaf.location];
      await provider.client.query("select pgq_node.register_location($1, $2, $3, false)", member);
      const subscriber = [leaf.queue, leaf.name, leaf.worker, tick];
      await provider.client.query("select pgq_node.register_subscriber($1, $2, $3, $4)", subscriber);
      await leaf.client.query("select pgq_node.change_consumer_provider($1, $2, $3)", [...names, provider.name]);
      await leaf.client.query("select pgq_node.set_consumer_paused($1, $2, false)", names);
      await old.client.query("select pgq_node.unregister_subscriber($1, $2)", [leaf.queue, leaf.name]);
    };

    await untilSeen(leaf, data.slice(0, 5));
    await moveTo(root, branch);
    await untilSeen(leaf, data.slice(0, 25));
    await moveTo(branch, root);
    await load;
    await untilCaughtUp(root, branch, leaf);

    expect(await seenOn(leaf)).toEqual(data);
    expect(await stateOf(leaf)).toMatchObject({ provider_node: "branch", cur_error: null });
  });

  test("a node that has just started tells its provider up to where it needs events, and the root tells all", async () => {
    await using set = cascadeSet(major, template);
    const [root, branch, leaf] = await chain(set);
    for (const node of [root, branch, leaf]) node.start();
    for (const nr of [1, 2, 3, 4, 5]) await addEvents(root, [String(nr)]);
    await untilCaughtUp(root, branch, leaf);

    const watermark = async (node: CascadeNode): Promise<bigint> => {
      const sql = "select global_watermark::text as tick from pgq_node.get_node_info($1)";
      const { rows } = await node.client.query<{ tick: string }>(sql, [node.queue]);
      return BigInt(rows[0]?.tick ?? "0");
    };
    await until(async () => (await watermark(root)) > 1n, { what: "the watermark of the root", timeoutMs: 60_000 });
    await addEvents(root, ["6"]);
    await until(async () => (await watermark(branch)) > 1n, { what: "the watermark of the branch", timeoutMs: 60_000 });
  });

  test("an idle branch whose connections were renewed tells its provider what its subscribers need, over the new ones", async () => {
    await using set = cascadeSet(major, template);
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root, lines: "connection_lifetime = 0.5" });
    const leaf = await set.create("leaf", { type: "leaf", provider: branch });
    const newest = async ({ client, database }: CascadeNode): Promise<string> => {
      const begun = `select max(backend_start)::text as begun from pg_stat_activity
        where datname = $1 and application_name like 'branch_worker%'`;
      return (await client.query<{ begun: string }>(begun, [database.name])).rows[0]?.begun ?? "";
    };
    for (const node of [branch, leaf]) node.start();
    for (const nr of ["1", "2"]) {
      await addEvents(root, [nr]);
      await untilCaughtUp(root, branch, leaf);
    }
    const tick = await lastTick(root);
    for (const node of [root, branch]) {
      const before = await newest(node);
      const what = `another session of the branch's worker on ${node.name}`;
      await until(async () => (await newest(node)) !== before, { what, timeoutMs: 60_000 });
    }

    await branch.client.query("select pgq_node.set_subscriber_watermark($1, $2, $3)", [branch.queue, leaf.name, tick]);

    const known = "select last_tick::text as tick from pgq.get_consumer_info($1, $2)";
    const told = async (): Promise<unknown> =>
      (await root.client.query<{ tick: string }>(known, [root.queue, ".branch.watermark"])).rows[0]?.tick;
    await until(async () => (await told()) === tick, { what: "the watermark at the root", timeoutMs: 60_000 });
    expect(branch.folder.read("p.log")).not.toMatch(/ERROR|WARNING/);
  });

  /** Until its worker waits in the batch. */
  const untilLocked = async (asked: CascadeNode, { database }: CascadeNode): Promise<void> => {
    const waiting = `select from pg_locks where locktype = 'advisory' and not granted and objid = 1
      and database = (select oid from pg_database where datname = $1)`;
    await until(async () => (await asked.client.query(waiting, [database.name])).rowCount === 1, {
      ...{ what: "the worker in the batch", timeoutMs: 60_000 },
    });
  };

  test("SIGTERM in the middle of a batch ends the program soon, and the batch comes again", async () => {
    await using set = cascadeSet(major, template);
    const root = await set.create("root", { type: "root" });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await leaf.client.query("select pg_advisory_lock(1)");
    await addEvents(root, ["1"]);
    await addEvents(root, ["2"], "wait");
    const program = leaf.start();
    await untilLocked(root, leaf);

    program.kill("SIGTERM");
    expect(await program.ended).toBe(0);
    await leaf.client.query("select pg_advisory_unlock(1)");
    leaf.start();
    await untilCaughtUp(root, leaf);

    expect(await seenOn(leaf)).toEqual(["1", "2"]);
  });

  test.each(["", "1"])(
    "SIGTERM between the ticks of a branch that is behind leaves the provider where the branch is, hooks that spare the target: '%s'",
    async (spares) => {
      await using set = cascadeSet(major, template);
      const root = await set.create("root", { type: "root" });
      const branch = await set.create("branch", { type: "branch", provider: root });
      await branch.client.query("select pg_advisory_lock(1)");
      await addEvents(root, ["1"]);
      await addEvents(root, ["2"], "wait");
      await addEvents(root, ["3"]);
      const program = branch.start({ SPARES: spares });
      await untilLocked(root, branch);

      program.kill("SIGTERM");
      await until(() => branch.folder.read("p.log").includes("SIGTERM"), { what: "the signal in the log" });
      await branch.client.query("select pg_advisory_unlock(1)");
      expect(await program.ended).toBe(0);

      // An old program that goes on from here takes an open batch as one.
      const { rows } = await root.client.query(
        `select last_tick::text, current_batch from pgq.get_consumer_info($1) where consumer_name not like '.%'`,
        [root.queue],
      );
      expect(rows).toEqual([{ last_tick: (await stateOf(branch)).last_tick_id, current_batch: null }]);
    },
  );

  test("the worker of a dropped node ends with status 1 and says that the queue is unknown", async () => {
    await using set = cascadeSet(major, template);
    const root = await set.create("root", { type: "root" });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    const program = leaf.start();
    await addEvents(root, ["1"]);
    await untilCaughtUp(root, leaf);

    await leaf.client.query("select pgq_node.drop_node($1, $2)", [leaf.queue, leaf.name]);

    expect(await program.ended).toBe(1);
    expect(leaf.folder.read("p.log")).toContain("Unknown queue");
  });
});
