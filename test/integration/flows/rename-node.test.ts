// rename-node on a set of root, branch and leaf whose workers run.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addEvents,
  type CascadeNode,
  cascadeSet,
  cascadeTemplate,
  QUEUE,
  seenOn,
  stateOf,
  untilSeen,
} from "../../harness/cascade-set.ts";
import { type TestDatabase } from "../../harness/database.ts";
import { endMajors } from "../../harness/major-pairs.ts";
import { setadmFor } from "../../harness/setadm.ts";

describe.each(endMajors())("rename-node on PostgreSQL %i", (major) => {
  let template: TestDatabase;
  beforeAll(async () => {
    template = await cascadeTemplate(major);
  });
  afterAll(() => template.drop());

  async function namesOn({ client }: CascadeNode): Promise<readonly string[]> {
    const { rows } = await client.query<{ name: string }>(
      "select node_name as name from pgq_node.node_location order by node_name",
    );
    return rows.map(({ name }) => name);
  }

  async function readersOf({ client }: CascadeNode): Promise<readonly string[]> {
    const { rows } = await client.query<{ name: string }>(
      'select consumer_name as name from pgq.get_consumer_info($1) order by consumer_name collate "C"',
      [QUEUE],
    );
    return rows.map(({ name }) => name);
  }

  test("a branch gets another name on all nodes while its readers go on, and doing it again changes nothing", async () => {
    await using set = cascadeSet(major, template);
    using admin = setadmFor(QUEUE);
    const root = await set.create("root", { type: "root" });
    const branch = await set.create("branch", { type: "branch", provider: root });
    const leaf = await set.create("leaf", { type: "leaf", provider: branch });
    await root.client.query("select pgq_node.register_location($1, 'leaf', $2, false)", [QUEUE, leaf.location]);
    for (const node of [root, branch, leaf]) node.start();
    await addEvents(root, ["1"]);
    await untilSeen(leaf, ["1"]);

    const taken = await admin.run(leaf.database, "rename-node", "branch", "leaf");
    const plan = await admin.run(leaf.database, "rename-node", "branch", "middle", "--dry-run");
    const before = await namesOn(root);
    const first = await admin.run(leaf.database, "rename-node", "branch", "middle");
    const second = await admin.run(root.database, "rename-node", "branch", "middle");
    await addEvents(root, ["2"]);
    await untilSeen(leaf, ["1", "2"]);

    expect([taken.status, plan.status, first.status, second.status]).toEqual([1, 0, 0, 0]);
    expect(taken.stderr).toContain("there is a node leaf already");
    expect(plan.stdout).toContain("rename node branch to middle in the database of node root");
    expect(before).toEqual(["branch", "leaf", "root"]);
    for (const node of [root, branch, leaf]) expect(await namesOn(node)).toEqual(["leaf", "middle", "root"]);
    expect(await readersOf(root)).toEqual([".global_watermark", ".middle.watermark", "branch_worker"]);
    expect((await stateOf(leaf)).provider_node).toBe("middle");
    expect((await stateOf(branch)).paused).toBe(false);
    expect(await seenOn(leaf)).toEqual(["1", "2"]);
    expect((await admin.run(root.database, "status")).stdout).toMatch(/\+--: middle \(branch\)/);
  });

  test("the root can be renamed too, and a run that died half-way is finished by giving it again", async () => {
    await using set = cascadeSet(major, template);
    using admin = setadmFor(QUEUE);
    const root = await set.create("root", { type: "root" });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    for (const node of [root, leaf]) node.start();
    await leaf.client.query("select pgq_node.rename_node($1, 'root', 'main')", [QUEUE]);

    const unknown = await admin.run(leaf.database, "rename-node", "nobody", "somebody");
    const done = await admin.run(root.database, "rename-node", "root", "main");
    await addEvents(root, ["1"]);
    await untilSeen(leaf, ["1"]);

    expect([unknown.status, done.status]).toEqual([1, 0]);
    for (const node of [root, leaf]) expect(await namesOn(node)).toEqual(["leaf", "main"]);
    expect((await stateOf(leaf)).provider_node).toBe("main");
    expect((await stateOf(root)).paused).toBe(false);
  });

  test("a node that is paused before it is renamed stays so, which is said", async () => {
    await using set = cascadeSet(major, template);
    using admin = setadmFor(QUEUE);
    const root = await set.create("root", { type: "root" });
    const leaf = await set.create("leaf", { type: "leaf", provider: root });
    await leaf.client.query("select pgq_node.set_consumer_paused($1, 'leaf_worker', true)", [QUEUE]);

    const { status, stderr } = await admin.run(root.database, "rename-node", "leaf", "end");

    expect(status).toBe(0);
    expect(stderr).toContain("consumer leaf_worker is paused and stays so");
    expect((await stateOf(leaf)).paused).toBe(true);
  });
});
