// Who reads from whom is changed under load by setadm, with the real worker on each node.
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
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
  ticksOf,
} from "../harness/cascade-set.ts";
import { type TestDatabase } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { value } from "../harness/sessions.ts";
import { type Setadm, setadmFor } from "../harness/setadm.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };

describe.each(endMajors())("changing the layout on PostgreSQL %i", (major) => {
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

  const start = (...nodes: readonly CascadeNode[]): void => {
    for (const node of nodes) node.start();
  };
  /** All members are known on all nodes. */
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
  const done = async (node: CascadeNode, ...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await admin.run(node.database, ...words);
    if (status !== 0) throw new Error(`setadm ${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  const refused = async (node: CascadeNode, ...words: readonly string[]): Promise<string> => {
    const { status, stderr } = await admin.run(node.database, ...words);
    expect(status).toBe(1);
    return stderr;
  };
  const untilSeen = async (node: CascadeNode, last: string): Promise<void> => {
    await until(async () => (await seenOn(node)).includes(last), { ...MINUTE, what: `${last} on ${node.name}` });
  };
  const pausedOf = async (...nodes: readonly CascadeNode[]): Promise<readonly boolean[]> =>
    await Promise.all(nodes.map(async (node) => (await stateOf(node)).paused));
  const typeOf = async ({ client }: CascadeNode): Promise<string | undefined> =>
    await value<string>(client, "select node_type from pgq_node.node_info");
  const readersOf = async ({ client }: CascadeNode): Promise<readonly string[]> => {
    const { rows } = await client.query<{ name: string }>(
      'select consumer_name as name from pgq.get_consumer_info($1) order by consumer_name collate "C"',
      [QUEUE],
    );
    return rows.map(({ name }) => name);
  };
  const tickFast = async ({ client }: CascadeNode): Promise<void> => {
    await client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [QUEUE]);
    await client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '0')", [QUEUE]);
  };

  test("pause holds the position, resume lets the worker catch up, and neither waits for a worker that does not run", async () => {
    const root = await set.create("root", { type: "root" });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await done(root, "pause", "--node=leaf", "--timeout=60");
    expect(await pausedOf(leaf)).toEqual([true]);
    await done(root, "resume", "--node=leaf", "--timeout=60");

    start(leaf);
    await addEvents(root, ["1"]);
    await untilSeen(leaf, "1");
    await done(leaf, "pause", "--consumer=leaf_worker");
    const { uptodate, last_tick_id: tick } = await stateOf(leaf);
    await addEvents(root, ["2"]);
    await addEvents(root, ["3"]);
    const again = await done(leaf, "pause", "--node=leaf");
    const held = (await stateOf(leaf)).last_tick_id;
    await done(leaf, "resume", "--node=leaf");
    await untilSeen(leaf, "3");

    expect({ uptodate, held }).toEqual({ uptodate: true, held: tick });
    expect(again).toContain("already paused");
    expect(await seenOn(leaf)).toEqual(["1", "2", "3"]);
  });

  test("a leaf moves below a branch and back under load, nothing is missing or doubled, and no subscription is left behind", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await introduce([root, branch, leaf]);
    start(branch, leaf);
    const data = Array.from({ length: 80 }, (_, nr) => `e${nr}`);
    const load = (async () => {
      for (const text of data) await addEvents(root, [text]);
    })();

    await done(leaf, "change-provider", "--provider=branch", "--node=leaf");
    const below = [await readersOf(root), await readersOf(branch)];
    const again = await done(leaf, "change-provider", "--provider=branch", "--node=leaf");
    await done(leaf, "change-provider", "--provider=root", "--node=leaf");
    await load;
    await untilSeen(leaf, "e79");

    expect(below).toEqual([
      [".branch.watermark", ".global_watermark", "branch_worker"],
      [".global_watermark", ".leaf.watermark", "leaf_worker"],
    ]);
    expect(again).toContain("has 'branch' as provider already");
    expect(await seenOn(leaf)).toEqual(data);
    expect(await readersOf(branch)).toEqual([".global_watermark"]);
    expect(await pausedOf(leaf)).toEqual([false]);
  });

  test("a provider that lags is waited for; when it takes too long the node goes on where it was, not paused", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await introduce([root, branch, leaf]);
    start(leaf);
    await addEvents(root, ["1"]);
    await untilSeen(leaf, "1");

    const stderr = await refused(leaf, "change-provider", "--provider=branch", "--node=leaf", "--timeout=1");
    await addEvents(root, ["2"]);
    await untilSeen(leaf, "2");
    start(branch);
    await done(leaf, "change-provider", "--provider=branch", "--node=leaf", "--timeout=60");
    await addEvents(root, ["3"]);
    await untilSeen(leaf, "3");

    expect(stderr).toContain("node branch to have tick");
    expect(await pausedOf(leaf)).toEqual([false]);
    expect((await stateOf(leaf)).provider_node).toBe("branch");
  });

  test("what cannot work is refused before anything is changed", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: branch });
    await introduce([root, branch, leaf]);

    expect(await refused(branch, "change-provider", "--provider=leaf", "--node=branch")).toContain("is a leaf");
    expect(await refused(branch, "change-provider", "--provider=branch", "--node=branch")).toContain("itself");
    expect(await refused(leaf, "takeover", "branch", "--node=leaf")).toContain("is a leaf");
    expect(await refused(leaf, "takeover", "root", "--node=leaf")).toContain("is a leaf");
    expect(await refused(leaf, "takeover", "nobody")).toContain("has no node nobody");
    expect(await refused(root, "drop-node", "branch")).toContain("node still has subscribers: leaf");
    expect(await pausedOf(root, branch, leaf)).toEqual([false, false, false]);
  });

  test("a takeover of the living root under load, and back, loses nothing, and the others go on below", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await introduce([root, branch, leaf]);
    await tickFast(branch);
    start(root, branch, leaf);
    const accepted: string[] = [];
    const lastOf = async (node: CascadeNode): Promise<number> => {
      const sql = "select substr(ev_data, 2)::int from seen order by nr desc limit 1";
      const seen = (await value<number>(node.client, sql)) ?? -1;
      // nodes that were root have written nothing down meanwhile
      return (await typeOf(node)) === "root" ? accepted.length : seen;
    };
    let isOver = false;
    const write = async (): Promise<void> => {
      while (!isOver) {
        const text = `e${accepted.length}`;
        for (const node of [root, branch]) {
          const insert = node.client.query("select pgq.insert_event($1, 'row', $2)", [QUEUE, text]);
          const isAccepted = await insert.then(
            () => true,
            () => false,
          );
          if (!isAccepted) continue;
          accepted.push(text);
          // the queue may be closed by now; then the takeover makes the tick
          await node.client.query("select pgq.ticker($1)", [QUEUE]).catch(() => undefined);
          break;
        }
        // no faster than it is read
        for (const node of [leaf, root, branch]) {
          await until(async () => isOver || (await lastOf(node)) >= accepted.length - 5, MINUTE);
        }
      }
    };
    const writing = write();
    writing.catch(() => undefined);

    const plan = await done(branch, "takeover", "root", "--node=branch", "--dry-run");
    await done(branch, "takeover", "root", "--node=branch");
    const between = [await typeOf(root), await typeOf(branch), (await stateOf(root)).provider_node];
    const repeated = await done(branch, "takeover", "root", "--node=branch");
    await done(root, "takeover", "branch", "--node=root");
    isOver = true;
    await writing;
    // the last that was accepted may be one of the branch's own, which it does not write down
    accepted.push("last");
    await addEvents(root, ["last"]);
    await untilSeen(branch, "last");
    await untilSeen(leaf, "last");

    expect(plan).toContain("close the queue of node root: writers are refused");
    expect(repeated).toContain("is root already");
    expect(between).toEqual(["branch", "root", "branch"]);
    expect([await typeOf(root), await typeOf(branch)]).toEqual(["root", "branch"]);
    expect((await queueOf(branch)).length).toBeGreaterThan(0);
    expect(await seenOn(leaf)).toEqual(accepted);
    expect(await queueOf(branch)).toEqual(await queueOf(root));
    expect((await ticksOf(branch)).at(-1)).toMatchObject({ tick_id: expect.any(String) as unknown });
    expect(await pausedOf(root, branch, leaf)).toEqual([false, false, false]);
    expect(await readersOf(branch)).toEqual([".global_watermark"]);
  });

  test("a takeover whose new root does not catch up opens the old one again and leaves nothing paused", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    start(root);
    await addEvents(root, ["1"]);

    const stderr = await refused(branch, "takeover", "root", "--node=branch", "--timeout=2");
    await addEvents(root, ["2"]);
    start(branch);
    await untilSeen(branch, "2");
    await done(branch, "takeover", "root", "--node=branch", "--timeout=60");

    expect(stderr).toMatch(/waited 2 s for node branch to catch up with tick \d+/);
    expect([await typeOf(root), await typeOf(branch)]).toEqual(["branch", "root"]);
    expect(await pausedOf(root, branch)).toEqual([false, false]);
  });

  test.each([1, 2])(
    "a takeover that died when the old root was closed, %i steps into it, is finished by giving it again, or opens it",
    async (steps) => {
      const root = await set.create("root", { type: "root" });
      const branch = await set.create("branch", { type: "branch", provider: root });
      start(root);
      await addEvents(root, ["1"]);
      for (let step = 1; step <= steps; step += 1) {
        await root.client.query("select pgq_node.demote_root($1, $2, 'branch')", [QUEUE, step]);
      }

      await refused(branch, "takeover", "root", "--node=branch", "--timeout=2");
      await addEvents(root, ["2"]);
      for (let step = 1; step <= steps; step += 1) {
        await root.client.query("select pgq_node.demote_root($1, $2, 'branch')", [QUEUE, step]);
      }
      start(branch);
      await done(branch, "takeover", "root", "--node=branch", "--timeout=60");

      expect([await typeOf(root), await typeOf(branch)]).toEqual(["branch", "root"]);
      expect(await seenOn(branch)).toEqual(["1", "2"]);
      expect(await pausedOf(root, branch)).toEqual([false, false]);
    },
  );

  test("a takeover that died after the new root was made is finished by giving it again", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    start(root, branch);
    await addEvents(root, ["1"]);
    await untilSeen(branch, "1");
    // what a run has done when it dies between promotion and the last step of the demotion
    await root.client.query("select pgq_node.set_consumer_paused($1, $2, true)", [QUEUE, root.worker]);
    await root.client.query("select pgq_node.demote_root($1, 1, 'branch')", [QUEUE]);
    const last = await value<string>(root.client, "select last_tick from pgq_node.demote_root($1, 2, 'branch')", [
      QUEUE,
    ]);
    await until(
      async () => ((await ticksOf(branch)).at(-1) as { tick_id: string } | undefined)?.tick_id === last,
      MINUTE,
    );
    await branch.client.query("select pgq_node.promote_branch($1)", [QUEUE]);

    await done(branch, "takeover", "root", "--node=branch");
    await tickFast(branch);
    await addEvents(branch, ["2"]);
    await untilSeen(root, "2");

    expect(await typeOf(root)).toBe("branch");
    expect(await pausedOf(root, branch)).toEqual([false, false]);
  });

  test("a lost root is replaced by the branch that has most, others follow, and their events are all there", async () => {
    const root = await set.create("root", { type: "root" });
    const slow = await set.create("slow", { type: "branch", provider: root });
    const fast = await set.create("fast", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await introduce([root, slow, fast, leaf]);
    const slowWorker = slow.start();
    start(fast, leaf);
    await addEvents(root, ["1"]);
    await untilSeen(slow, "1");
    slowWorker.kill("SIGKILL");
    await slowWorker.ended;
    await addEvents(root, ["2"]);
    await untilSeen(fast, "2");
    await untilSeen(leaf, "2");
    await root.database.drop();
    start(slow);

    await done(slow, "takeover", "root", "--dead-root", "--node=slow", "--timeout=60");
    await tickFast(slow);
    await addEvents(slow, ["3"]);
    for (const node of [fast, leaf]) await untilSeen(node, "3");
    const { stdout } = await admin.run(slow.database, "status");

    for (const node of [slow, fast, leaf]) {
      const expected = node === slow ? ["1", "2"] : ["1", "2", "3"];
      expect(await seenOn(node)).toEqual(expected);
    }
    expect(await typeOf(slow)).toBe("root");
    expect(await readersOf(slow)).toContain("root.gravestone");
    expect(stdout).toMatch(/^slow \(root\)$/m);
    expect(stdout).toMatch(/^root \(dead\)$/m);
    expect(await pausedOf(slow, fast, leaf)).toEqual([false, false, false]);
  });

  test("a root that was replaced comes back as a branch; the file has exactly the events that nobody else got", async () => {
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    await introduce([root, branch]);
    const worker = branch.start();
    await addEvents(root, ["1"]);
    await untilSeen(branch, "1");
    worker.kill("SIGTERM");
    await worker.ended;
    await addEvents(root, ["lost 1", "lost 2"]);
    await addEvents(root, ["lost 3"]);
    await done(branch, "takeover", "root", "--dead-root", "--node=branch", "--timeout=60");
    await tickFast(branch);
    start(branch, root);
    await addEvents(branch, ["2"]);
    const cwd = process.cwd();
    using folder = temporaryFolder();

    process.chdir(folder.path);
    const [first, second] = await (async () => {
      try {
        return [await done(root, "resurrect"), await refused(root, "resurrect")];
      } finally {
        process.chdir(cwd);
      }
    })();
    await done(root, "resume", "--node=root");
    await untilSeen(root, "2");
    const { stdout } = await admin.run(branch.database, "status");

    const saved = JSON.parse(readFileSync(folder.file("resurrect-lost-events.json"), "utf8")) as { ev_data: string }[];
    expect(first).toContain("is paused");
    expect(second).toContain("nobody has replaced root as lost");
    expect(saved.map(({ ev_data }) => ev_data)).toEqual(["lost 1", "lost 2", "lost 3"]);
    expect(await queueOf(root)).toEqual(await queueOf(branch));
    expect(await readersOf(branch)).toEqual([".global_watermark", ".root.watermark", "root_worker"]);
    expect(stdout).toMatch(/^branch \(root\)$/m);
    expect(stdout).toMatch(/\+--: root \(branch\)/);
  });

  test("a living branch and then a dead one give their place to another branch", async () => {
    const root = await set.create("root", { type: "root" });
    const old = await set.create("old", { type: "branch", provider: root });
    const young = await set.create("young", { type: "branch", provider: old });
    const leaf = await set.create("leaf", { type: "leaf", provider: old });
    await introduce([root, old, young, leaf]);
    start(old, young, leaf);
    await addEvents(root, ["1"]);

    await done(young, "takeover", "old", "--node=young", "--all", "--timeout=60");
    const living = await Promise.all([old, young, leaf].map(async (node) => (await stateOf(node)).provider_node));
    await addEvents(root, ["2"]);
    for (const node of [old, young, leaf]) await untilSeen(node, "2");
    await done(old, "takeover", "young", "--node=old", "--all", "--timeout=60");
    await old.database.drop();
    await done(young, "takeover", "old", "--dead-branch", "--node=young", "--timeout=60");
    await addEvents(root, ["3"]);
    for (const node of [young, leaf]) await untilSeen(node, "3");
    await done(young, "drop-node", "old");

    expect(living).toEqual(["young", "root", "young"]);
    expect(await seenOn(leaf)).toEqual(["1", "2", "3"]);
    expect(await readersOf(root)).toEqual([".global_watermark", ".young.watermark", "young_worker"]);
    expect(await pausedOf(young, leaf)).toEqual([false, false]);
  });
});
