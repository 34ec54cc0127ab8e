// Two shards that are merged into one queue, which has a branch that takes over; and a subtree that agrees on its watermark.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addEvents, type CascadeNode, cascadeSet, cascadeTemplate, queueOf, tick } from "../../harness/cascade-set.ts";
import { serverUrl, type TestDatabase } from "../../harness/database.ts";
import { endMajors } from "../../harness/major-pairs.ts";
import { startFleet } from "../../harness/fleet.ts";
import { value } from "../../harness/sessions.ts";
import { setadmFor } from "../../harness/setadm.ts";
import { until } from "../../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const SOON = "global_wm_publish_period = 0.1\nlocal_wm_publish_period = 0.1";

describe.each(endMajors())("a tree of queues on PostgreSQL %i", (major) => {
  let template: TestDatabase;
  beforeAll(async () => {
    template = await cascadeTemplate(major);
  });
  afterAll(() => template.drop());

  /** What the workers of a database have written down of the shards, by whichever queue it came. */
  async function rowsOn({ client }: CascadeNode, shard: string): Promise<readonly string[]> {
    const { rows } = await client.query<{ ev_data: string }>(
      "select ev_data from seen where ev_type = 'row' and ev_data like $1 || '%' order by nr",
      [shard],
    );
    return rows.map(({ ev_data }) => ev_data);
  }

  test("the branch of a combined queue takes over under load of both shards, and back, and no event is missing or doubled", async () => {
    await using set = cascadeSet(major, template);
    using admin = setadmFor("full");
    const one = await set.create("one", { type: "root", queue: "one" });
    const two = await set.create("two", { type: "root", queue: "two" });
    const first = await set.create("first", { type: "root", queue: "full" });
    const second = await set.create("second", { type: "branch", queue: "full", provider: first });
    const merges: CascadeNode[] = [];
    for (const shard of [one, two]) {
      for (const full of [first, second]) {
        const plan = { type: "leaf", queue: shard.queue, provider: shard, combined: "full", beside: full } as const;
        merges.push(await set.create(`${shard.name}_${full.name}`, plan));
      }
    }
    await using ticker = startFleet(serverUrl(major), {
      databases: [one, two, first, second].map(({ database }) => database.name),
      checkPeriodMs: 250,
    });
    for (const node of [first, second, ...merges]) node.start();
    const written = { one: [] as string[], two: [] as string[] };
    const write = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        for (const [name, shard] of Object.entries({ one, two })) {
          const list = written[name as "one" | "two"];
          const text = `${name} ${list.length}`;
          await shard.client.query("select pgq.insert_event($1, 'row', $2)", [name, text]);
          list.push(text);
        }
      }
    };
    const during = async (work: () => Promise<{ readonly status: number; readonly stderr: string }>): Promise<void> => {
      let isOver = false;
      const writing = (async () => {
        while (!isOver) {
          await write(1);
          await one.client.query("select pg_sleep(0.2)");
        }
      })();
      const { status, stderr } = await work().finally(() => (isOver = true));
      await writing;
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    };
    const untilAll = async (): Promise<void> => {
      for (const full of [first, second]) {
        for (const name of ["one", "two"] as const) {
          await until(async () => (await rowsOn(full, name)).length >= written[name].length, {
            ...{ ...MINUTE, what: `all of shard ${name} on ${full.name}` },
          });
          expect(await rowsOn(full, name)).toEqual(written[name]);
        }
      }
    };
    await write(20);
    await untilAll();

    await during(() => admin.run(second.database, "takeover", "first", "--node=second", "--timeout=120"));
    await write(20);
    await untilAll();
    await during(() => admin.run(first.database, "takeover", "second", "--node=first", "--timeout=120"));
    await write(20);
    await untilAll();

    expect(await value(first.client, "select node_type from pgq_node.node_info where queue_name = 'full'")).toBe(
      "root",
    );
    expect(await value(second.client, "select count(*)::int from pgq_node.local_state where paused")).toBe(0);
    expect(await value(first.client, "select count(*)::int from pgq_node.local_state where paused")).toBe(0);
    await until(async () => (await queueOf(second)).length === (await queueOf(first)).length, MINUTE);
    expect(await queueOf(second)).toEqual(await queueOf(first));
    expect(ticker.log()).not.toMatch(/ERROR/);
  }, 400_000);

  test("nodes of one sync_watermark list keep events for each other and do not hold back the root", async () => {
    await using set = cascadeSet(major, template);
    const attributes = "sync_watermark=near,far";
    const root = await set.create("root", { type: "root", lines: SOON });
    const near = await set.create("near", { type: "branch", provider: root, attributes, lines: SOON });
    const far = await set.create("far", { type: "branch", provider: near, attributes, lines: SOON });
    for (const member of [near, far]) {
      for (const node of [root, near, far]) {
        const sql = "select pgq_node.register_location($1, $2, $3, false)";
        await node.client.query(sql, [node.queue, member.name, member.location]);
      }
    }
    root.start();
    near.start();
    const watermarkOf = async ({ client, queue }: CascadeNode): Promise<number> =>
      (await value<number>(client, "select global_watermark::int from pgq_node.get_node_info($1)", [queue])) ?? 0;
    const farNeeds = await value<number>(far.client, "select last_tick_id::int from pgq_node.local_state");
    await addEvents(root, ["1"]);
    await addEvents(root, ["2"]);
    // not before its worker has run
    await until(
      async () => {
        await tick(root);
        return (await watermarkOf(root)) > (farNeeds ?? 0) + 2;
      },
      { ...MINUTE, what: "the root's watermark to pass what node far needs" },
    );
    const kept = await watermarkOf(near);
    far.start();
    await until(async () => (await queueOf(far)).length === 2, { ...MINUTE, what: "node far to catch up" });

    expect(kept).toBeLessThanOrEqual((farNeeds ?? 0) + 1);
    expect(await queueOf(far)).toEqual(await queueOf(root));
    await until(
      async () => {
        await tick(root);
        return (await watermarkOf(near)) > kept;
      },
      { ...MINUTE, what: "the subtree's watermark to follow" },
    );
  });
});
