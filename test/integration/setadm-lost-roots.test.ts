// Roots that are lost, one after the other or to two administrators at once, and commands that meet each other: one root,
// no history that is two, and who cannot go on is told.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CascadeSet as AdminSet, planChangeProvider, planTakeover, runPlan } from "../../src/cascade/index.ts";
import { createLogger } from "../../src/service/index.ts";
import { administratorOf, cutAt, runSteps } from "../harness/administrator.ts";
import {
  addEvents,
  type CascadeNode,
  type CascadeSet,
  cascadeSet,
  cascadeTemplate,
  QUEUE,
  queueOf,
  seenOn,
  stateOf,
} from "../harness/cascade-set.ts";
import { type TestDatabase } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { value } from "../harness/sessions.ts";
import { type Setadm, setadmFor } from "../harness/setadm.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const LONG = 180_000;

describe.each(endMajors())("lost roots and commands that meet on PostgreSQL %i", (major) => {
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

  const attempt = async (node: CascadeNode, ...words: readonly string[]): Promise<{ status: number; stderr: string }> =>
    await admin.run(node.database, ...words, "--timeout=60");
  const done = async (node: CascadeNode, ...words: readonly string[]): Promise<void> => {
    const { status, stderr } = await attempt(node, ...words);
    if (status !== 0) throw new Error(`setadm ${words.join(" ")}: ${stderr}`);
  };
  const refused = (text: string): object => ({ status: 1, stderr: expect.stringContaining(text) as string });
  const typesOf = async (...nodes: readonly CascadeNode[]): Promise<readonly (string | undefined)[]> =>
    await Promise.all(nodes.map(({ client }) => value<string>(client, "select node_type from pgq_node.node_info")));
  const readersOf = async ({ client }: CascadeNode): Promise<readonly string[]> =>
    (await value<string[]>(
      client,
      'select array_agg(consumer_name order by consumer_name collate "C") from pgq.get_consumer_info($1)',
      [QUEUE],
    )) ?? [];
  const untilSeen = async (node: CascadeNode, last: string): Promise<void> => {
    await until(async () => (await seenOn(node)).includes(last), { ...MINUTE, what: `${last} on ${node.name}` });
  };
  const tickFast = async ({ client }: CascadeNode): Promise<void> => {
    await client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [QUEUE]);
    await client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '0')", [QUEUE]);
  };
  /** A root and two branches below it, that all know each other. */
  const threeNodes = async (): Promise<readonly [CascadeNode, CascadeNode, CascadeNode]> => {
    const root = await set.create("root", { type: "root" });
    const first = await set.create("first", { type: "branch", provider: root });
    const second = await set.create("second", { type: "branch", provider: root });
    await first.client.query("select pgq_node.register_location($1, 'second', $2, false)", [QUEUE, second.location]);
    for (const node of [root, first, second]) await tickFast(node);
    return [root, first, second];
  };
  const start = (...nodes: readonly CascadeNode[]): void => {
    for (const node of nodes) node.start();
  };
  /** What resurrect writes goes there. */
  const inFolder = async (work: () => Promise<void>): Promise<void> => {
    const cwd = process.cwd();
    using folder = temporaryFolder();
    process.chdir(folder.path);
    try {
      await work();
    } finally {
      process.chdir(cwd);
    }
  };

  test(
    "two takeovers of one lost root to different nodes at once: one of them wins, the other is refused",
    async () => {
      const [root, first, second] = await threeNodes();
      start(first, second);
      await addEvents(root, ["1"]);
      await untilSeen(first, "1");
      await untilSeen(second, "1");
      await root.database.drop();
      let arrived = 0;
      const meet = async (): Promise<void> => {
        arrived += 1;
        await until(() => arrived === 2, { ...MINUTE, what: "both are about to make a root" });
      };
      await using one = administratorOf(first, { beforePromote: meet });
      await using two = administratorOf(second, { beforePromote: meet });
      const take = (newNode: string) => (known: AdminSet) =>
        planTakeover(known, { oldNode: "root", newNode, lost: "root" });
      const [beginOfFirst, endOfFirst] = cutAt(await one.plan(take("first")), "make node first the root");
      const [beginOfSecond, endOfSecond] = cutAt(await two.plan(take("second")), "make node second the root");
      await runSteps([...beginOfFirst, ...beginOfSecond]);

      const ends = await Promise.allSettled([runSteps(endOfFirst.slice(0, 1)), runSteps(endOfSecond.slice(0, 1))]);
      const types = await typesOf(first, second);
      const [winner, loser] = types[0] === "root" ? [first, second] : [second, first];
      const again = await attempt(loser, "takeover", "root", "--dead-root", `--node=${loser.name}`);
      await done(winner, "takeover", "root", "--dead-root");
      await addEvents(winner, ["2"]);
      await untilSeen(loser, "2");

      expect([...types].sort()).toEqual(["branch", "root"]);
      expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(again).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`node ${winner.name} is root and lives`) as string,
      });
      expect(await seenOn(loser)).toEqual(["1", "2"]);
      expect(await readersOf(winner)).toEqual(expect.arrayContaining([`${loser.name}_worker`, "root.gravestone"]));
    },
    LONG,
  );

  test(
    "a node that is on its way to another provider keeps its subscription there, whatever other commands end",
    async () => {
      const [root, first, second] = await threeNodes();
      start(root, first, second);
      await using mover = administratorOf(second);
      await using other = administratorOf(root);
      const moveTo = (provider: string) => (known: AdminSet) => planChangeProvider(known, { node: "second", provider });
      const [begin, end] = cutAt(await mover.plan(moveTo("first")), "let consumer");
      const cleaning = await other.plan(moveTo("root"));

      await runSteps(begin);
      await runSteps(cleaning.steps);
      await runSteps(end);
      await addEvents(root, ["1"]);
      await untilSeen(second, "1");

      expect(cleaning.steps.map(({ text }) => text)).toEqual(["end subscriptions of node second elsewhere"]);
      expect(await stateOf(second)).toMatchObject({ provider_node: "first", paused: false, cur_error: null });
      expect(await readersOf(first)).toContain("second_worker");
      expect(await readersOf(root)).not.toContain("second_worker");
    },
    LONG,
  );

  test(
    "a node that somebody resumes in the middle of its move stays where it was",
    async () => {
      const [root, first, second] = await threeNodes();
      start(root, first, second);
      await using mover = administratorOf(second);
      const plan = await mover.plan((known) => planChangeProvider(known, { node: "second", provider: "first" }));
      const [begin, end] = cutAt(plan, "let consumer");
      await runSteps(begin);
      await done(root, "resume", "--node=second");

      await expect(runSteps(end)).rejects.toThrow(/somebody else has changed consumer 'second_worker'/);
      await addEvents(root, ["1"]);
      await untilSeen(second, "1");

      expect(await stateOf(second)).toMatchObject({ provider_node: "root", paused: false });
    },
    LONG,
  );

  test(
    "the later of two takeovers of a root says who was first, not that a queue was left closed",
    async () => {
      const [root, first, second] = await threeNodes();
      start(root, first, second);
      let log = "";
      await using loser = administratorOf(second, {}, (line) => (log += line));
      const plan = await loser.plan((known) => planTakeover(known, { oldNode: "root", newNode: "second" }));
      const [begin, end] = cutAt(plan, "wait until node second has the last");
      await runSteps(begin);
      await done(first, "takeover", "root", "--node=first");

      await expect(
        runPlan({ ...plan, steps: end }, createLogger({ level: "silent", format: "text" })),
      ).rejects.toThrow();

      expect(log).toContain("node root reads from node first now: another takeover was first");
      expect(log).not.toContain("left closed");
      expect(await typesOf(root, first, second)).toEqual(["branch", "root", "branch"]);
    },
    LONG,
  );

  test(
    "a planned takeover that hangs before its last step does not make a root beside the one that has followed meanwhile",
    async () => {
      const [root, first, second] = await threeNodes();
      start(root, first, second);
      await using hanging = administratorOf(second);
      const plan = await hanging.plan((known) => planTakeover(known, { oldNode: "root", newNode: "second" }));
      const [begin, end] = cutAt(plan, "make node second the root");
      await runSteps(begin);
      await done(first, "takeover", "root", "--dead-root", "--node=first"); // whose administrator cannot reach it

      await expect(runSteps(end)).rejects.toThrow("node root was marked as dead after it had given its role");

      expect(await typesOf(first, second)).toEqual(["root", "branch"]);
      await addEvents(first, ["1"]);
      await untilSeen(second, "1");
    },
    LONG,
  );

  test.each([
    ["the second one had all that the first one had", true],
    ["the second one lagged behind where the first one began", false],
  ])(
    "two roots that were lost one after the other come back in the other order: %s",
    async (_, isLevel) => {
      const [root, first, second] = await threeNodes();
      const [one, two] = [first.start(), isLevel ? second.start() : null];
      await addEvents(root, ["1"]);
      for (const node of isLevel ? [first, second] : [first]) await untilSeen(node, "1");
      for (const worker of [one, two]) worker?.kill("SIGTERM");
      await Promise.all([one.ended, two?.ended]);
      await addEvents(root, ["lost with root"]);
      await done(first, "takeover", "root", "--dead-root");
      await addEvents(first, ["lost with first"]);
      const asRoot = await attempt(root, "takeover", "first", "--dead-root", "--node=root");
      await done(second, "takeover", "first", "--dead-root");
      await addEvents(second, ["2"]);

      await inFolder(async () => {
        const early = await attempt(root, "resurrect", "--dead=first");
        const alive = await attempt(second, "tag-alive", "first");
        await done(first, "resurrect");

        expect(early).toMatchObject(refused("it may be on first"));
        expect(asRoot).toMatchObject(refused("node root is root, but not in the place of node first"));
        expect(alive).toMatchObject(refused("run resurrect on first"));
        expect(await attempt(second, "drop-node", "first")).toMatchObject(refused("keeps the gravestone of node root"));
      });
      await inFolder(() => done(root, "resurrect"));
      start(root, first, second);
      for (const node of [root, first]) await done(node, "resume", `--node=${node.name}`);
      for (const node of [root, first]) await untilSeen(node, "2");

      expect(await typesOf(root, first, second)).toEqual(["branch", "branch", "root"]);
      expect(await queueOf(first)).toEqual(await queueOf(second));
      expect(await queueOf(root)).toEqual(await queueOf(second));
      expect(await readersOf(first)).not.toContain("root.gravestone");
      expect(await readersOf(second)).not.toContain("first.gravestone");
    },
    LONG,
  );

  test(
    "a root whose successor is lost for good can be dropped from where it is, and made anew",
    async () => {
      const [root, first, second] = await threeNodes();
      await done(first, "takeover", "root", "--dead-root");
      await done(second, "takeover", "first", "--dead-root");
      await first.database.drop();

      const resurrect = await attempt(root, "resurrect");
      await done(root, "drop-node", "root", "--dead=first");
      const known = "select array_agg(node_name order by node_name) from pgq_node.node_location";
      const members = await value(second.client, known);
      const { location } = second;
      await done(root, "create-branch", "root", root.location, "--worker=root_worker", `--provider=${location}`);
      start(root, second);
      await addEvents(second, ["1"]);
      await untilSeen(root, "1");

      expect(resurrect).toMatchObject(refused("drop-node root --dead=first, and create it anew"));
      expect(members).toEqual(["first", "second"]);
    },
    LONG,
  );

  test(
    "a branch that has applied what was lost is not moved below another root, also when the gravestone is lost too",
    async () => {
      const [root, first, second] = await threeNodes();
      const ahead = await set.create("ahead", { type: "branch", provider: root });
      for (const node of [first, second]) {
        const known = "select pgq_node.register_location($1, 'ahead', $2, false)";
        await node.client.query(known, [QUEUE, ahead.location]);
      }
      ahead.start();
      await addEvents(root, ["lost"]);
      await untilSeen(ahead, "lost");
      await root.database.drop();
      await done(first, "takeover", "root", "--dead-root", "--dead=ahead");
      await addEvents(first, ["2"]);
      await done(second, "takeover", "first", "--dead-root", "--dead=ahead");
      await first.database.drop();
      for (const text of ["3", "4", "5"]) await addEvents(second, [text]);

      const moved = await attempt(ahead, "change-provider", "--provider=second", "--node=ahead", "--dead=root,first");

      expect(moved).toMatchObject(refused("their events come from different roots"));
      expect(await stateOf(ahead)).toMatchObject({ provider_node: "root", paused: false });
      expect(await readersOf(second)).not.toContain("ahead_worker");
    },
    LONG,
  );

  test(
    "what a node that does not answer may have is said before a root is made, and it keeps no other one from being found",
    async () => {
      const [root, first, second] = await threeNodes();
      await first.database.drop();

      const plan = await admin.run(second.database, "takeover", "root", "--dead-root", "--dry-run");
      const paused = await attempt(root, "pause", "--consumer=second_worker");

      expect(plan.stdout).toContain("node first does not answer: if it has more events, they will be lost");
      expect(paused.status).toBe(0);
      expect(await stateOf(second)).toMatchObject({ paused: true });
    },
    LONG,
  );

  test(
    "two roots are told by status; nobody is moved from one to the other, and one of them can be dropped",
    async () => {
      const [root, , second] = await threeNodes();
      const leaf = await set.create("leaf", { type: "leaf", provider: second });
      for (const { client } of [root]) {
        await client.query("select pgq_node.register_location($1, 'leaf', $2, false)", [QUEUE, leaf.location]);
      }
      await second.client.query("select pgq_node.promote_branch($1)", [QUEUE]);

      const { stdout } = await admin.run(root.database, "status");
      const moved = await attempt(leaf, "change-provider", "--provider=root", "--node=leaf");
      const early = await attempt(root, "drop-node", "second");
      await done(root, "drop-node", "leaf");
      await done(root, "drop-node", "second");
      const after = await admin.run(root.database, "status");

      expect(stdout).toContain("Roots: root, second. ");
      expect(moved).toMatchObject(refused("has its events from root second"));
      expect(early).toMatchObject(refused("leaf"));
      expect(after.stdout).not.toContain("Roots:");
      expect(after.stdout).not.toContain("second");
    },
    LONG,
  );

  test(
    "with a node go the subscriptions of its other consumers",
    async () => {
      const [root, first] = await threeNodes();
      const leaf = await set.create("leaf", { type: "leaf", provider: first });
      const position = await value<string>(root.client, "select max(tick_id) from pgq.tick");
      await leaf.client.query("select pgq_node.register_consumer($1, 'plain', 'root', $2)", [QUEUE, position]);
      await root.client.query("select pgq.register_consumer_at($1, 'plain', $2)", [QUEUE, position]);

      await done(leaf, "drop-node", "leaf");

      expect(await readersOf(root)).not.toContain("plain");
      expect(await readersOf(first)).toEqual([".global_watermark"]);
    },
    LONG,
  );
});
