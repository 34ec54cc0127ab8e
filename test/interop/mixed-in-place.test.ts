// A running set that the old programs have made is taken over where it is: schemas, workers and ticker are exchanged one
// after the other while it is written to.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startFleet } from "../harness/fleet.ts";
import { type DebianServer, installOurs, startDebianServer } from "./debian.ts";
import { createShop, type Shop } from "./mixed-shop.ts";
import { startShopTraffic } from "./mixed-traffic.ts";
import { cleanUpPrograms } from "./program.ts";
import type { SetNode } from "./replica-set.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

test("a set of the old programs becomes ours node by node, with the ticker, while it is written to", async () => {
  const set = await createShop(server, "rbl", "ddd");
  const traffic = startShopTraffic([set.node("r")], set.all);

  for (const node of bottomUp(set)) {
    await node.stopWorker();
    // Writers and the other nodes go on meanwhile.
    for (const name of ["pgq", "pgq_node", "londiste"]) await installOurs(server.cluster, node.database, name);
    node.useProgramsOf("ours");
    node.startWorker();
    await traffic.untilEverywhere(`${node.name} became ours`);
  }
  await set.stopTicker();
  const fleet = startFleet(server.cluster.url("postgres"), { checkPeriodMs: 100, maintPeriodMs: 1000 });
  await traffic.untilEverywhere("the ticker became ours");

  await traffic.end();
  expect(await set.node("l").attempt("compare")).toMatchObject({ status: 0 });
  await set.stop();
  await fleet.stop();
});

function bottomUp({ all }: Shop): readonly SetNode[] {
  return [...all].reverse();
}
