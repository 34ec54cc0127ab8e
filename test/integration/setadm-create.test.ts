// setadm makes the nodes of a set, and says what is there.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { value } from "../harness/sessions.ts";
import { locationOf, type Setadm, setadmFor } from "../harness/setadm.ts";
import { endMajors } from "../harness/major-pairs.ts";

describe.each(endMajors())("making nodes on PostgreSQL %i", (major) => {
  let admin: Setadm;
  let databases: TestDatabase[];
  beforeEach(async () => {
    admin = setadmFor("orders");
    databases = [await createDatabase(major), await createDatabase(major), await createDatabase(major)];
  });
  afterEach(async () => {
    admin[Symbol.dispose]();
    for (const database of databases) await database.drop();
  });

  const provider = (database: TestDatabase): string => `--provider=${locationOf(database)}`;
  const create = (type: string, nr: number, from?: number): ReturnType<Setadm["run"]> =>
    admin.run(
      databases[nr]!,
      ...[`create-${type}`, `n${nr}`, locationOf(databases[nr]!), `--worker=w${nr}`],
      ...(from === undefined ? [] : [provider(databases[from]!)]),
    );

  test("root, branch and leaf are made, and once more says so with status 0", async () => {
    const first = [await create("root", 0), await create("branch", 1, 0), await create("leaf", 2, 1)];
    const second = [await create("root", 0), await create("branch", 1, 0), await create("leaf", 2, 1)];

    expect(first.map(({ status, stdout }) => ({ status, stdout }))).toEqual([
      { status: 0, stdout: 'Node "n0" initialized for queue "orders" with type "root"\n' },
      { status: 0, stdout: 'Node "n1" initialized for queue "orders" with type "branch"\n' },
      { status: 0, stdout: 'Node "n2" initialized for queue "orders" with type "leaf"\n' },
    ]);
    expect(second.map(({ status, stdout }) => ({ status, stdout }))).toEqual([
      { status: 0, stdout: "Node is already initialized as root\n" },
      { status: 0, stdout: "Node is already initialized as branch\n" },
      { status: 0, stdout: "Node is already initialized as leaf\n" },
    ]);
    const consumers = [];
    for (const database of databases) {
      const client = await database.connect();
      consumers.push(
        await value(client, "select array_agg(consumer_name order by 1)::text from pgq.get_consumer_info('orders')"),
        await value(client, "select array_agg(consumer_name || '<' || provider_node)::text from pgq_node.local_state"),
      );
    }
    expect(consumers).toEqual([
      ...["{.global_watermark,.n1.watermark,w1}", "{w0<n0}"],
      ...["{.global_watermark,.n2.watermark,w2}", "{w1<n0}"],
      ...[null, "{w2<n1}"],
    ]);
    const members = await admin.json(databases[2]!, "members");
    expect(members).toEqual(
      [0, 1, 2].map((nr) => ({ name: `n${nr}`, location: locationOf(databases[nr]!), isDead: false })),
    );
  });

  test("a location that leads to another database is refused, and nothing is registered anywhere", async () => {
    await create("root", 0);

    const { status, stderr } = await admin.run(
      databases[1]!,
      ...["create-branch", "n1", locationOf(databases[2]!), "--worker=w1", provider(databases[0]!)],
    );

    expect(status).toBe(1);
    expect(stderr).toContain("Public connect string points to different database than local connect string (fail=");
    expect(stderr).toMatch(/fail=[135]/);
    expect(await admin.json(databases[0]!, "members")).toHaveLength(1);
    const client = await databases[1]!.connect();
    expect(await value(client, "select to_regnamespace('pgq_node')::text")).toBeNull();
  });

  test("a name that another database has is refused, and so is a leaf as provider", async () => {
    await create("root", 0);
    await create("leaf", 1, 0);

    const taken = await admin.run(
      databases[2]!,
      ...["create-leaf", "n1", locationOf(databases[2]!), "--worker=w2", provider(databases[0]!)],
    );
    const fromLeaf = await create("leaf", 2, 1);

    expect(taken).toMatchObject({ status: 1, stderr: expect.stringContaining("Node 'n1' already exists") as unknown });
    expect(fromLeaf).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Cannot subscribe to leaf node: n1") as unknown,
    });
  });

  test("a run that died after the registration on root and provider is finished by giving the command again", async () => {
    await create("root", 0);
    const root = await databases[0]!.connect();
    await root.query("select pgq_node.register_location('orders', 'n1', $1, false)", [locationOf(databases[1]!)]);
    await root.query("select pgq_node.register_subscriber('orders', 'n1', 'w1', null)");

    const { status } = await create("branch", 1, 0);

    expect(status).toBe(0);
    expect(await admin.json(databases[1]!, "node-info")).toMatchObject({ name: "n1", type: "branch", provider: "n0" });
  });

  test("what a run that died has subscribed to another provider ends when the command is given again", async () => {
    await create("root", 0);
    await create("branch", 1, 0);
    const root = await databases[0]!.connect();
    await root.query("select pgq_node.register_location('orders', 'n2', $1, false)", [locationOf(databases[2]!)]);
    await root.query("select pgq_node.register_subscriber('orders', 'n2', 'w2', null)");

    const { status } = await create("leaf", 2, 1);

    expect(status).toBe(0);
    expect(await value(root, "select array_agg(subscriber_node) from pgq_node.subscriber_info")).toEqual(["n1"]);
  });

  test("a node that the others take for dead drops itself, and of a list of nodes with a wrong name none is tagged", async () => {
    await create("root", 0);
    await create("branch", 1, 0);
    await create("leaf", 2, 1);
    const leaf = await databases[2]!.connect();
    await leaf.query("select pgq_node.register_location('orders', 'n2', null, true)");

    const tagged = await admin.run(databases[0]!, "tag-dead", "n1", "nobody");
    const planned = await admin.json(databases[0]!, "tag-dead", "n1", "n2", "--dry-run");
    const members = await admin.json(databases[0]!, "members");
    const dropped = await admin.run(databases[2]!, "drop-node", "n2");

    expect(tagged.status).toBe(1);
    expect(planned).toMatchObject({ outcome: "Node 'n1' is marked as dead\nNode 'n2' is marked as dead" });
    expect(members).toEqual(expect.not.arrayContaining([expect.objectContaining({ isDead: true }) as unknown]));
    expect(dropped).toMatchObject({ status: 0 });
    expect(await value(leaf, "select count(*)::int from pgq_node.node_info")).toBe(0);
  });

  test("--dry-run prints the steps and makes nothing; a missing worker name is wrong use", async () => {
    const planned = await admin.run(
      databases[0]!,
      "create-root",
      "n0",
      locationOf(databases[0]!),
      "--worker=w",
      "--dry-run",
    );
    const nameless = await admin.run(databases[0]!, "create-root", "n0", locationOf(databases[0]!));

    expect(planned).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^1\. install.*\n2\. make node n0/) as unknown,
    });
    expect(nameless).toMatchObject({ status: 2, stderr: expect.stringContaining("--worker required") as unknown });
    const client = await databases[0]!.connect();
    expect(await value(client, "select to_regnamespace('pgq_node')::text")).toBeNull();
  });

  test("status draws the tree, names a node that never ran as the one that holds the watermark, and survives a dead one", async () => {
    await create("root", 0);
    await create("branch", 1, 0);
    await create("leaf", 2, 1);
    const root = await databases[0]!.connect();
    await root.query("select pgq.set_queue_config('orders', 'ticker_idle_period', '0')");
    await root.query("select pgq.set_queue_config('orders', 'ticker_max_lag', '0')");
    await root.query("select pgq.ticker('orders')");

    const { stdout } = await admin.run(databases[0]!, "status");
    const compact = await admin.run(databases[0]!, "status", "--compact");
    const json = (await admin.json(databases[0]!, "status")) as { watermark: unknown };
    const missing = databases[2]!;
    await missing.drop();
    const broken = await admin.run(databases[0]!, "status");
    const dead = await admin.run(databases[0]!, "tag-dead", "n2");
    const after = await admin.run(databases[0]!, "status");
    databases[2] = await createDatabase(major);

    expect(stdout).toMatch(/^Queue: orders {3}Local node: n0\n\nn0 \(root\)\n {2}\| {27}Lag: /);
    expect(stdout).toMatch(
      /\n {2}\+--: n1 \(branch\)\n {5}\| {24}Lag: .*NOT UPTODATE\n {5}\+--: n2 \(leaf\)\n {30}Lag: /,
    );
    expect(stdout).toMatch(
      /\nWatermark: tick 1 of \d+, held back by n1: its worker does not run \(\d+ events, \d+s\)\n$/,
    );
    expect(compact.stdout).toMatch(/\n {3}n1 \(branch\) +Lag: .*\n/);
    expect(json.watermark).toMatchObject({ node: "n1", at: "n0" });
    expect(broken.stdout).toMatch(/n2 \(no answer\)\n.*Lag: \(n\/a\)\n.*Node 'n2' failure: .*does not exist/);
    expect(dead.status).toBe(0);
    expect(after.stdout).toMatch(/n2 \(dead\)\n {30}Lag: \(n\/a\), PAUSED, NOT UPTODATE/);
  });

  test("drop-node refuses a node that others read from, and takes a leaf away on all nodes", async () => {
    await create("root", 0);
    await create("branch", 1, 0);
    await create("leaf", 2, 1);

    const refused = await admin.run(databases[0]!, "drop-node", "n1");
    const dropped = await admin.run(databases[0]!, "drop-node", "n2");

    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("node still has subscribers") as unknown,
    });
    expect(dropped.status).toBe(0);
    for (const nr of [0, 1]) expect(await admin.json(databases[nr]!, "members")).toHaveLength(2);
    const branch = await databases[1]!.connect();
    expect(await value(branch, "select count(*)::int from pgq_node.subscriber_info")).toBe(0);
    const leaf = await databases[2]!.connect();
    expect(await value(leaf, "select count(*)::int from pgq_node.node_location")).toBe(0);
  });

  test("a dead node is dropped from all that live", async () => {
    await create("root", 0);
    await create("branch", 1, 0);
    await create("leaf", 2, 0);
    await databases[2]!.drop();

    const unreachable = await admin.run(databases[0]!, "drop-node", "n2");
    await admin.run(databases[0]!, "tag-dead", "n2");
    const { status } = await admin.run(databases[0]!, "drop-node", "n2");
    databases[2] = await createDatabase(major);

    expect(unreachable).toMatchObject({ status: 1, stderr: expect.stringContaining("tag-dead n2") as unknown });
    expect(status).toBe(0);
    for (const nr of [0, 1]) expect(await admin.json(databases[nr]!, "members")).toHaveLength(2);
    const root = await databases[0]!.connect();
    expect(await value(root, "select count(*)::int from pgq.get_consumer_info('orders', 'w2')")).toBe(0);
  });
});
