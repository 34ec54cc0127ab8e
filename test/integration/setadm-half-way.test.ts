// Administration that is killed between two steps, or done by two at once: one root, nothing lost, and a command that is
// given again leaves nothing paused and nothing subscribed that should not be.
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type CascadeSet as AdminSet,
  type Plan,
  planChangeProvider,
  planDropNode,
  planTakeover,
  runPlan,
} from "../../src/cascade/index.ts";
import { createLogger } from "../../src/service/index.ts";
import { administratorOf, cutAt, runSteps } from "../harness/administrator.ts";
import {
  addEvents,
  type CascadeNode,
  type CascadeSet,
  cascadeSet,
  cascadeTemplate,
  QUEUE,
  seenOn,
  stateOf,
  tick,
} from "../harness/cascade-set.ts";
import { type TestDatabase } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { value } from "../harness/sessions.ts";
import { type Setadm, setadmFor } from "../harness/setadm.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const LONG = 180_000;
const silent = createLogger({ level: "silent", format: "text" });

describe.each(endMajors())("administration that ends half-way on PostgreSQL %i", (major) => {
  let template: TestDatabase;
  let admin: Setadm;
  let set: CascadeSet;
  beforeAll(async () => {
    template = await cascadeTemplate(major);
  });
  afterAll(() => template.drop());
  beforeEach(() => {
    admin = setadmFor(QUEUE);
    set = cascadeSet(major, template);
  });
  afterEach(async () => {
    await set[Symbol.asyncDispose]();
    admin[Symbol.dispose]();
  });

  const introduce = async (nodes: readonly CascadeNode[]): Promise<void> => {
    for (const { client } of nodes) {
      for (const { name, location } of nodes) {
        const known = "select 1 from pgq_node.node_location where queue_name = $1 and node_name = $2";
        if ((await client.query(known, [QUEUE, name])).rowCount === 0) {
          await client.query("select pgq_node.register_location($1, $2, $3, false)", [QUEUE, name, location]);
        }
      }
    }
  };
  const attempt = async (node: CascadeNode, ...words: readonly string[]): Promise<{ status: number; stderr: string }> =>
    await admin.run(node.database, ...words, `--node=${node.name}`, "--timeout=60");
  const done = async (node: CascadeNode, ...words: readonly string[]): Promise<void> => {
    const { status, stderr } = await attempt(node, ...words);
    if (status !== 0) throw new Error(`setadm ${words.join(" ")}: ${stderr}`);
  };
  const typesOf = async (...nodes: readonly CascadeNode[]): Promise<readonly (string | undefined)[]> =>
    await Promise.all(nodes.map(({ client }) => value<string>(client, "select node_type from pgq_node.node_info")));
  const pausedOf = async (...nodes: readonly CascadeNode[]): Promise<readonly boolean[]> =>
    await Promise.all(nodes.map(async (node) => (await stateOf(node)).paused));
  const isOpen = async ({ client }: CascadeNode): Promise<boolean | undefined> =>
    await value<boolean>(client, "select not queue_disable_insert from pgq.queue");
  const subscribersOf = async ({ client }: CascadeNode): Promise<unknown> =>
    await value(client, "select array_agg(node_name order by node_name) from pgq_node.get_subscriber_info($1)", [
      QUEUE,
    ]);
  const readersOf = async ({ client }: CascadeNode): Promise<string> =>
    (await value<string>(
      client,
      "select string_agg(consumer_name, ' ' order by consumer_name) from pgq.get_consumer_info($1)",
      [QUEUE],
    )) ?? "";
  const untilSeen = async (node: CascadeNode, last: string): Promise<void> => {
    await until(async () => (await seenOn(node)).includes(last), { ...MINUTE, what: `${last} on ${node.name}` });
  };
  const threeNodes = async (): Promise<readonly [CascadeNode, CascadeNode, CascadeNode]> => {
    const root = await set.create("root", { type: "root" });
    const first = await set.create("first", { type: "branch", provider: root });
    const second = await set.create("second", { type: "branch", provider: root });
    const nodes = [root, first, second] as const;
    await introduce(nodes);
    for (const node of nodes) {
      await node.client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [QUEUE]);
      await node.client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '0')", [QUEUE]);
      node.start();
    }
    return nodes;
  };

  test.each([
    "close the queue",
    "wait until node first has the last",
    "make node root a branch",
    "make node first the root",
  ])(
    "two takeovers of one root at once: one of them wins, the other is refused, cut at: %s",
    async (cut) => {
      const [root, first, second] = await threeNodes();
      await addEvents(root, ["1"]);
      await using one = administratorOf(first);
      await using two = administratorOf(second);
      const oldNode = "root";
      const planOfFirst = await one.plan((known) => planTakeover(known, { oldNode, newNode: "first" }));
      const planOfSecond = await two.plan((known) => planTakeover(known, { oldNode, newNode: "second" }));
      const [begin, end] = cutAt(planOfFirst, cut);

      await runSteps(begin);
      const other = await runPlan(planOfSecond, silent).then(
        () => "done",
        () => "refused",
      );
      const own = await runPlan({ ...planOfFirst, steps: end }, silent).then(
        () => "done",
        () => "refused",
      );
      const types = await typesOf(first, second);
      const [winner, loser] = types[0] === "root" ? [first, second] : [second, first];
      await addEvents(winner, ["2"]);
      await untilSeen(root, "2");
      await untilSeen(loser, "2");

      expect([own, other].sort()).toEqual(["done", "refused"]);
      expect([...types].sort()).toEqual(["branch", "root"]);
      expect(await typesOf(root)).toEqual(["branch"]);
      expect(await isOpen(root)).toBe(false);
      expect(await seenOn(loser)).toEqual(["1", "2"]);
      expect(await pausedOf(root, first, second)).toEqual([false, false, false]);
    },
    LONG,
  );

  test(
    "of two takeovers to the same node at once, none prepares the new root when it is root already",
    async () => {
      const [root, first] = await threeNodes();
      const plan = (known: AdminSet): Promise<Plan> => planTakeover(known, { oldNode: "root", newNode: "first" });
      await using other = administratorOf(first);
      const planOfOther = await other.plan(plan);
      const [begin, end] = cutAt(planOfOther, "close the queue");
      let isOtherOver = false;
      let rest: Promise<unknown> = Promise.resolve();
      let typeAtTheEnd: string | undefined;
      const blocked = "select exists (select from pg_locks where not granted and locktype = 'transactionid')";
      await using own = administratorOf(first, {
        beforePromote: async () => {
          rest = runPlan({ ...planOfOther, steps: end }, silent)
            .catch(() => undefined)
            .then(() => (isOtherOver = true));
          await until(async () => isOtherOver || (await value<boolean>(root.client, blocked)), MINUTE);
          [typeAtTheEnd] = await typesOf(first);
        },
      });
      const planOfOwn = await own.plan(plan);

      await runSteps(begin);
      await runPlan(planOfOwn, silent).catch(() => undefined);
      await rest;

      expect(typeAtTheEnd).toBe("branch");
      expect(await typesOf(root, first)).toEqual(["branch", "root"]);
      expect(await pausedOf(root, first)).toEqual([false, false]);
    },
    LONG,
  );

  test(
    "when the new node is lost in the moment without a root, the old one becomes it again",
    async () => {
      const [root, first, second] = await threeNodes();
      await addEvents(root, ["1"]);
      await using killed = administratorOf(first);
      const plan = await killed.plan((known) => planTakeover(known, { oldNode: "root", newNode: "first" }));
      const [begin] = cutAt(plan, "make node first the root");
      await runSteps(begin);
      const without = await typesOf(root, second);

      await done(root, "takeover", "first", "--dead-root");
      await addEvents(root, ["2"]);
      await untilSeen(second, "2");

      expect(without).toEqual(["branch", "branch"]);
      expect(await typesOf(root, second)).toEqual(["root", "branch"]);
      expect(await seenOn(second)).toEqual(["1", "2"]);
      expect(await pausedOf(root, second)).toEqual([false, false]);
    },
    LONG,
  );

  test(
    "a takeover of a root that is killed at any step, and given again, ends as if it had not been killed",
    async () => {
      const [root, first, second] = await threeNodes();
      let [old, next] = [root, first];
      let killedAfter = 0;
      for (let isWhole = false; !isWhole; killedAfter += 1) {
        await using killed = administratorOf(next);
        const plan = await killed.plan((known) =>
          planTakeover(known, { oldNode: old.name, newNode: next.name, movesAll: true }),
        );
        await runSteps(plan.steps.slice(0, killedAfter));
        isWhole = killedAfter >= plan.steps.length;
        await done(next, "takeover", old.name, "--all");
        await addEvents(next, [`${killedAfter}`]);
        await untilSeen(old, `${killedAfter}`);
        await untilSeen(second, `${killedAfter}`);
        expect({ killedAfter, types: await typesOf(old, next, second) }).toEqual({
          killedAfter,
          types: ["branch", "root", "branch"],
        });
        expect(await pausedOf(old, next, second)).toEqual([false, false, false]);
        expect(await subscribersOf(next)).toEqual([old.name, "second"].sort());
        expect(await subscribersOf(old)).toBeNull();
        [old, next] = [next, old];
      }

      expect(await seenOn(second)).toEqual(Array.from({ length: killedAfter }, (_, nr) => `${nr}`));
    },
    LONG,
  );

  test(
    "a takeover whose promotion has no known end leaves the old root closed, and is finished only towards the same node",
    async () => {
      const [root, first, second] = await threeNodes();
      await addEvents(root, ["1"]);
      await first.client.query(`
        create function lost() returns trigger language plpgsql as $$ begin raise 'connection lost'; end $$;
        create trigger lost before update on pgq_node.node_info for each row
          when (new.node_type = 'root') execute function lost()`);

      const failed = await attempt(first, "takeover", "root");
      const between = [await isOpen(root), await isOpen(first), ...(await typesOf(root, first))];
      const elsewhere = await attempt(second, "takeover", "root");
      const status = await admin.run(second.database, "status");
      await first.client.query("drop trigger lost on pgq_node.node_info");
      await done(first, "takeover", "root");
      await addEvents(first, ["2"]);
      await untilSeen(root, "2");
      await untilSeen(second, "2");

      expect(failed.stderr).toContain("is left closed");
      expect(between).toEqual([false, false, "branch", "branch"]);
      expect(elsewhere).toMatchObject({ status: 1, stderr: expect.stringContaining("there is no root") as string });
      expect(status.status).toBe(0);
      expect(await typesOf(root, first, second)).toEqual(["branch", "root", "branch"]);
      expect(await pausedOf(root, first, second)).toEqual([false, false, false]);
    },
    LONG,
  );

  test(
    "a node and a consumer that change their provider, killed at any step and given again, are subscribed once and not paused",
    async () => {
      const [root, first, second] = await threeNodes();
      const position = await value<string>(root.client, "select max(tick_id) from pgq.tick");
      await second.client.query("select pgq_node.register_consumer($1, 'plain', 'root', $2)", [QUEUE, position]);
      await root.client.query("select pgq.register_consumer_at($1, 'plain', $2)", [QUEUE, position]);
      for (const consumer of ["second_worker", "plain"]) {
        const [from, to] = [root, first];
        let [old, next] = [from, to];
        for (let killedAfter = 0, isWhole = false; !isWhole; killedAfter += 1) {
          await using killed = administratorOf(second);
          const move = { node: "second", consumer, provider: next.name };
          const plan = await killed.plan((known) => planChangeProvider(known, move));
          await runSteps(plan.steps.slice(0, killedAfter));
          isWhole = killedAfter >= plan.steps.length;
          await done(second, "change-provider", `--provider=${next.name}`, `--consumer=${consumer}`);
          const { provider_node, paused } = await stateOf(second, consumer);
          expect({ killedAfter, provider_node, paused }).toEqual({
            killedAfter,
            provider_node: next.name,
            paused: false,
          });
          expect(await readersOf(next)).toContain(consumer);
          expect(await readersOf(old)).not.toContain(consumer);
          [old, next] = [next, old];
        }
      }
      await addEvents(root, ["1"]);
      await untilSeen(second, "1");
    },
    LONG,
  );

  test(
    "a resurrect that ends at any of its changes, and is given again, saves each lost event once and skips no tick",
    async () => {
      const root = await set.create("root", { type: "root" });
      const branch = await set.create("branch", { type: "branch", provider: root });
      await introduce([root, branch]);
      const worker = branch.start();
      await addEvents(root, ["1"]);
      await untilSeen(branch, "1");
      worker.kill("SIGTERM");
      await worker.ended;
      await addEvents(root, ["lost 1"]);
      await addEvents(root, ["lost 2"]);
      await branch.client.query("select pgq_node.register_consumer($1, 'branch_worker.copy.t', 'root', 1)", [QUEUE]);
      const takeover = await attempt(branch, "takeover", "root", "--dead-root");
      branch.start();
      root.start();
      await addEvents(branch, ["2"]);
      const cwd = process.cwd();
      using folder = temporaryFolder();
      process.chdir(folder.path);
      const cuts: string[] = [];
      const watermark = "select co_id from pgq.consumer where co_name = '.global_watermark'";
      const watermarkId = await value<number>(root.client, watermark);
      try {
        for (const [{ client }, change] of [
          [root, "delete on pgq.tick for each row"],
          [
            root,
            "update of last_tick_id on pgq_node.local_state for each row when (new.last_tick_id < old.last_tick_id)",
          ],
          [root, `insert or update on pgq.subscription for each row when (new.sub_consumer = ${watermarkId})`],
          [branch, "insert on pgq_node.subscriber_info for each row"],
        ] as const) {
          await client.query(`
            create or replace function lost() returns trigger language plpgsql as $$ begin raise 'connection lost'; end $$;
            create trigger lost before ${change} execute function lost()`);
          const { stderr } = await attempt(root, "resurrect");
          if (stderr.includes("connection lost")) cuts.push(change);
          await client.query("drop function lost cascade");
        }
        await done(root, "resurrect");
      } finally {
        process.chdir(cwd);
      }
      await done(root, "resume");
      await untilSeen(root, "2");

      const saved = JSON.parse(readFileSync(folder.file("resurrect-lost-events.json"), "utf8")) as {
        ev_data: string;
      }[];
      expect(takeover).toMatchObject({ status: 0, stderr: expect.not.stringContaining("change-provider") as string });
      expect(cuts).toHaveLength(4);
      expect(saved.map(({ ev_data }) => ev_data)).toEqual(["lost 1", "lost 2"]);
      expect(await readersOf(branch)).toBe(".global_watermark .root.watermark root_worker");
    },
    LONG,
  );

  test(
    "a takeover of a branch that is killed at any step, and given again, leaves nothing paused and nobody subscribed twice",
    async () => {
      const root = await set.create("root", { type: "root" });
      const a = await set.create("a", { type: "branch", provider: root });
      const b = await set.create("b", { type: "branch", provider: a });
      const leaf = await set.create("leaf", { type: "leaf", provider: a });
      await introduce([root, a, b, leaf]);
      for (const node of [a, b, leaf]) node.start();
      let [old, next] = [a, b];
      for (let killedAfter = 0, isWhole = false; !isWhole; killedAfter += 1) {
        await using killed = administratorOf(next);
        const plan = await killed.plan((known) =>
          planTakeover(known, { oldNode: old.name, newNode: next.name, movesAll: true }),
        );
        await runSteps(plan.steps.slice(0, killedAfter));
        isWhole = killedAfter >= plan.steps.length;
        await done(next, "takeover", old.name, "--all");
        expect({ killedAfter, paused: await pausedOf(a, b, leaf) }).toEqual({
          killedAfter,
          paused: [false, false, false],
        });
        expect([await subscribersOf(root), await subscribersOf(next), await subscribersOf(old)]).toEqual([
          [next.name],
          [old.name, "leaf"],
          null,
        ]);
        [old, next] = [next, old];
      }
      await addEvents(root, ["1"]);
      for (const node of [a, b, leaf]) await untilSeen(node, "1");
    },
    LONG,
  );

  test.each(["make node slow the root", "look whether node fast", "end the subscriptions"])(
    "a takeover of a lost root that is killed before: %s, and given again, leaves nothing paused and nothing subscribed",
    async (cut) => {
      const root = await set.create("root", { type: "root" });
      const slow = await set.create("slow", { type: "branch", provider: root });
      const fast = await set.create("fast", { type: "branch", provider: root });
      await introduce([root, slow, fast]);
      fast.start();
      await addEvents(root, ["1"]);
      await untilSeen(fast, "1");
      await root.database.drop();
      slow.start();
      await using killed = administratorOf(slow);
      const plan = await killed.plan((known) =>
        planTakeover(known, { oldNode: "root", newNode: "slow", lost: "root" }),
      );
      const [begin] = cutAt(plan, cut);

      // what was left behind by the last step of the catch-up, had that been cut off
      await runSteps(begin.filter(({ text }) => !text.includes("where it was")));
      await done(slow, "takeover", "root", "--dead-root");

      expect(await typesOf(slow, fast)).toEqual(["root", "branch"]);
      expect(await pausedOf(slow, fast)).toEqual([false, false]);
      expect(await subscribersOf(fast)).toBeNull();
      expect(await subscribersOf(slow)).toEqual(["fast", "root"]);
    },
    LONG,
  );

  test(
    "a node that has applied what was lost with the root cannot be moved below the new one, however far that is by now",
    async () => {
      const root = await set.create("root", { type: "root" });
      const branch = await set.create("branch", { type: "branch", provider: root });
      const ahead = await set.create("ahead", { type: "leaf", provider: root });
      await introduce([root, branch, ahead]);
      ahead.start();
      await addEvents(root, ["lost"]);
      await untilSeen(ahead, "lost");
      await root.database.drop();
      await branch.client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [QUEUE]);
      await done(branch, "takeover", "root", "--dead-root", "--dead=ahead");
      for (const text of ["2", "3", "4"]) await addEvents(branch, [text]);
      await tick(branch);

      const moved = await attempt(ahead, "change-provider", "--provider=branch", "--dead=root");

      expect(moved).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/has applied events up to tick \d+, which were lost with node root/) as string,
      });
      expect(await subscribersOf(branch)).toEqual(["root"]);
      expect((await stateOf(ahead)).provider_node).toBe("root");
    },
    LONG,
  );

  test(
    "the gravestone of a lost root goes only when nobody is left who has applied what was lost with it",
    async () => {
      const root = await set.create("root", { type: "root" });
      const branch = await set.create("branch", { type: "branch", provider: root });
      const ahead = await set.create("ahead", { type: "leaf", provider: root });
      await introduce([root, branch, ahead]);
      const worker = ahead.start();
      await addEvents(root, ["lost"]);
      await untilSeen(ahead, "lost");
      worker.kill("SIGTERM");
      await worker.ended;
      await branch.client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [QUEUE]);
      await done(branch, "takeover", "root", "--dead-root", "--dead=ahead");
      using folder = temporaryFolder();
      const cwd = process.cwd();
      process.chdir(folder.path);
      try {
        const dropped = await attempt(branch, "drop-node", "root", "--dead=ahead");
        const resurrected = await attempt(root, "resurrect");
        const alone = await attempt(root, "resurrect", "--dead=ahead");
        const between = [await readersOf(branch), await isOpen(root)];
        await done(branch, "drop-node", "ahead");
        await done(root, "resurrect");

        expect(dropped).toMatchObject({
          status: 1,
          stderr: expect.stringContaining("ahead cannot be asked") as string,
        });
        const applied =
          /consumer ahead_worker of node ahead has applied events up to tick \d+, which were lost with node root/;
        expect(resurrected).toMatchObject({ status: 1, stderr: expect.stringMatching(applied) as string });
        expect(alone).toMatchObject({ status: 1, stderr: expect.stringContaining("ahead does not answer") as string });
        expect(between).toEqual([expect.stringContaining("root.gravestone"), true]);
        expect(await typesOf(root, branch)).toEqual(["branch", "root"]);
      } finally {
        process.chdir(cwd);
      }
    },
    LONG,
  );

  test(
    "drop-node that is killed at any step can be given again where it was given, until no node knows the dropped one",
    async () => {
      const root = await set.create("root", { type: "root" });
      const branch = await set.create("branch", { type: "branch", provider: root });
      await introduce([root, branch]);
      const known = async (name: string): Promise<unknown> =>
        await Promise.all(
          [root, branch].map(({ client }) =>
            value<number>(client, "select count(*)::int from pgq_node.node_location where node_name = $1", [name]),
          ),
        );
      for (const from of [root, branch]) {
        for (const killedAfter of [0, 1, 2]) {
          const name = `leaf${from.name}${killedAfter}`;
          const leaf = await set.create(name, { type: "leaf", provider: root });
          await introduce([root, branch, leaf]);
          await using killed = administratorOf(from);
          const plan = await killed.plan((members) => planDropNode(members, name));
          await runSteps(plan.steps.slice(0, killedAfter));

          const { status, stderr } = await admin.run(from.database, "drop-node", name);

          expect({ stderr, status }).toEqual({ stderr: expect.any(String) as string, status: 0 });
          expect(await known(name)).toEqual([0, 0]);
          expect(await value(leaf.client, "select count(*)::int from pgq_node.node_info")).toBe(0);
        }
      }
      expect(await subscribersOf(root)).toEqual(["branch"]);
    },
    LONG,
  );
});
