// Planned takeover between Debian's programs and ours under traffic, there and back, by the command of either side.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { repeat } from "../harness/traffic.ts";
import { until } from "../harness/until.ts";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { createShop } from "./mixed-shop.ts";
import { cleanUpPrograms } from "./program.ts";
import { untilEqual } from "./replica-set.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

test.each(["od"])("root and branch %s change places under traffic, each by its own command", async (sides) => {
  const set = await createShop(server, "rb", sides);
  const [r, b] = [set.node("r"), set.node("b")];
  let accepted = 0;
  const traffic = repeat(async () => {
    for (const node of [r, b]) {
      // One of the two refuses.
      await node.db
        .query("insert into orders (id, note) values (100000 + $1, 'taken over')", [accepted])
        .then(() => (accepted += 1))
        .catch(() => undefined);
    }
    await r.db.query("select pg_sleep(0.05)");
  });
  const untilAccepted = async (): Promise<void> => {
    const before = accepted;
    await until(() => accepted > before + 20, { timeoutMs: 60_000, what: "rows accepted by the root" });
  };

  await untilAccepted();
  await b.run("takeover", "r");
  await untilAccepted();
  expect(await r.run("node-info")).toContain("Provider: b");
  await r.run("takeover", "b");
  await untilAccepted();
  await traffic.stop();

  await untilEqual([r, b], "orders");
  const { rows } = await b.db.query<{ n: number }>("select count(*)::int as n from orders where id >= 100000");
  expect(rows[0]!.n).toBe(accepted);
  for (const node of set.all) {
    const status = await node.run("status");
    expect(status).toContain("r (root)");
    expect(status).not.toMatch(/ERR|PAUSED|NOT UPTODATE/);
  }
  expect(await b.attempt("compare", "orders")).toMatchObject({ status: 0 });
  await set.stop();
});
