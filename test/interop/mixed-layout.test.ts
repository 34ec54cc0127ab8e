// The layout of a set of Debian's programs and ours is changed under traffic: a leaf changes its provider, root and branch
// change places, by commands of either side.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../harness/until.ts";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { createShop } from "./mixed-shop.ts";
import { startShopTraffic } from "./mixed-traffic.ts";
import { cleanUpPrograms } from "./program.ts";
import type { SetNode, Side } from "./replica-set.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

test.each([
  { order: "odo", toRoot: "ours", toBranch: "debian" },
  { order: "dod", toRoot: "debian", toBranch: "ours" },
] as const)(
  "in a set $order a leaf changes its provider and is repaired, root and branch change places",
  async ({ order, toRoot, toBranch }) => {
    const set = await createShop(server, "rbl", order);
    const [r, b, l] = [set.node("r"), set.node("b"), set.node("l")];
    for (const node of set.all) await node.run("add-seq", "goods_id_seq");
    const traffic = startShopTraffic([r, b], set.all);

    await l.by(toRoot).run("change-provider", "--provider=r");
    expect(await l.run("node-info")).toContain("Provider: r");
    await traffic.untilEverywhere("the leaf went to the root");
    for (const side of ["debian", "ours"] as const) await expectRepair(l, side);
    await l.run("pause");
    await untilAhead(b, l, set.queue);
    await l.by(toBranch).run("change-provider", "--provider=b");
    expect(await l.run("node-info")).toContain("Provider: b");
    await traffic.untilEverywhere("the leaf went back to the branch");

    // In either set each side's command makes a root of the other kind of node.
    await b.by("debian").run("takeover", "r");
    expect(await r.run("node-info")).toContain("Provider: b");
    await traffic.untilEverywhere("the branch became root");
    await r.by("ours").run("takeover", "b");
    expect(await b.run("node-info")).toContain("Provider: r");
    await traffic.untilEverywhere("the root came back");

    await traffic.end();
    for (const node of set.all) expect(await node.run("status")).not.toMatch(/ERR|failure|PAUSED|NOT UPTODATE/);
    expect(await b.by("debian").attempt("compare")).toMatchObject({ status: 0 });
    expect(await l.by("ours").attempt("compare")).toMatchObject({ status: 0 });
    expect(await sequenceLeaps(r)).toBe(1);
    await set.stop();
  },
);

/** The old change-provider fails, and leaves the node paused, when the new provider lacks the last tick of the node. */
async function untilAhead(provider: SetNode, node: SetNode, queue: string): Promise<void> {
  const { rows } = await node.db.query<{ last_tick: string }>(
    "select last_tick_id as last_tick from pgq_node.local_state where queue_name = $1 and consumer_name = 'worker_' || $2",
    [queue, node.name],
  );
  await until(
    async () =>
      (
        await provider.db.query("select from pgq.get_queue_info($1) where last_tick_id >= $2", [
          queue,
          rows[0]!.last_tick,
        ])
      ).rowCount === 1,
    { what: `the position of ${node.name} on ${provider.name}` },
  );
}

/** Ids that were passed over: the old takeover leaves a gap, ours none. */
async function sequenceLeaps(node: SetNode): Promise<number> {
  const { rows } = await node.db.query<{ n: number }>(
    `select count(*)::int as n from (select id - lag(id) over (order by id) as step from goods) s where step > 1`,
  );
  return rows[0]!.n;
}

/** A leaf of the root that has lost a row, got another and changed a third is mended by the commands of that side. */
async function expectRepair(leaf: SetNode, side: Side): Promise<void> {
  await leaf.db.query(
    `begin;
     set local session_replication_role = replica;
     delete from orders where id = 1;
     update orders set note = 'wrong' where id = 2;
     insert into orders (id) values (-1);
     commit`,
  );
  // The old one tells how many tables differ.
  expect(await leaf.by(side).attempt("compare", "orders")).toMatchObject({ status: side === "ours" ? 3 : 1 });
  await leaf.by(side).run("repair", "orders", "--apply");
  expect(await leaf.by(side).attempt("compare", "orders")).toMatchObject({ status: 0 });
}
