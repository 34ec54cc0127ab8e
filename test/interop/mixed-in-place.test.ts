// A running set that the old programs have made is taken over where it is: schemas, workers and ticker are exchanged one
// after the other while it is written to.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startFleet } from "../harness/fleet.ts";
import { repeat } from "../harness/traffic.ts";
import { until } from "../harness/until.ts";
import { type DebianServer, installOurs, startDebianServer } from "./debian.ts";
import { createShop, type Shop } from "./mixed-shop.ts";
import { cleanUpPrograms } from "./program.ts";
import { type SetNode, untilEqual } from "./replica-set.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

test("a set of the old programs becomes ours node by node, with the ticker, while it is written to", async () => {
  const set = await createShop(server, "rbl", "ddd");
  const traffic = startTraffic(set);

  for (const node of bottomUp(set)) {
    await node.stopWorker();
    // Writers and the other nodes go on meanwhile.
    for (const name of ["pgq", "pgq_node", "londiste"]) await installOurs(server.cluster, node.database, name);
    node.useProgramsOf("ours");
    node.startWorker();
    await traffic.untilOnLeaf(`${node.name} became ours`);
  }
  await set.stopTicker();
  const fleet = startFleet(server.cluster.url("postgres"), { checkPeriodMs: 100, maintPeriodMs: 1000 });
  await traffic.untilOnLeaf("the ticker became ours");

  await traffic.stop();
  await expectNothingLost(set, traffic);
  expect(await set.node("l").attempt("compare")).toMatchObject({ status: 0 });
  await set.stop();
  await fleet.stop();
});

interface Traffic {
  /** Id of the newest row of orders. */
  last(): number;
  untilOnLeaf(after: string): Promise<void>;
  stop(): Promise<unknown>;
}

const FIRST = 10_000;

/** Writes on the root. */
function startTraffic(set: Shop): Traffic {
  const [r, l] = [set.node("r"), set.node("l")];
  let last = FIRST;
  const work = repeat(async () => {
    await r.db.query("insert into orders (id, note) values ($1, 'meanwhile')", [last + 1]);
    last += 1;
    await r.db.query("update goods set price = price + 1 where id % 50 = 7");
    await r.db.query("select pg_sleep(0.05)");
  });
  return {
    last: () => last,
    async untilOnLeaf(after) {
      const id = last;
      await until(async () => (await l.db.query("select from orders where id = $1", [id])).rowCount === 1, {
        timeoutMs: 60_000,
        what: `rows on the leaf after ${after}`,
      });
    },
    stop: () => work.stop(),
  };
}

async function expectNothingLost(set: Shop, traffic: Traffic): Promise<void> {
  for (const table of ["orders", "goods"]) await untilEqual(set.all, table);
  const { rows } = await set
    .node("l")
    .db.query<{ n: number }>("select count(*)::int as n from orders where id > $1", [FIRST]);
  expect(rows[0]!.n).toBe(traffic.last() - FIRST);
}

function bottomUp({ all }: Shop): readonly SetNode[] {
  return [...all].reverse();
}
