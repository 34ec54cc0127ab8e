// A root is lost, and a branch of the other programs becomes root in its place; then the old one comes back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../harness/until.ts";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { createShop } from "./mixed-shop.ts";
import { cleanUpPrograms } from "./program.ts";
import { rowsOf, type SetNode, untilEqual } from "./replica-set.ts";
import { scratchFolder } from "./scratch.ts";

let server: DebianServer;
const home = process.cwd();

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(async () => {
  process.chdir(home);
  await cleanUpPrograms();
});
afterAll(() => server.stop());

test.each(["odo", "dod"])(
  "in a set %s of a root and two branches one of them replaces the lost root, which comes back as a branch",
  async (sides) => {
    const set = await createShop(server, "rbc", sides);
    const [r, b, c] = [set.node("r"), set.node("b"), set.node("c")];
    await r.stopWorker();
    await set.stopTicker();
    // The old takeover fails when the new root lacks the last tick of another branch.
    await until(async () => (await lastTick(b, set.queue)) === (await lastTick(r, set.queue)), {
      what: "the last tick of the root on the branch",
    });
    await setReachable(r, b, false);
    await r.db.query("insert into orders (id, note) values (9001, 'lost'), (9002, 'lost')");

    await b.run("takeover", "r", "--dead-root");
    set.startTicker();
    await b.db.query("insert into orders (id, note) values (9003, 'of the new root')");
    await untilEqual([b, c], "orders");
    await setReachable(r, b, true);
    await until(async () => (await ticksSince(r, 9002)) > 0, { timeoutMs: 60_000, what: "a tick after the lost rows" });

    // The old program's resurrect fails on any lost event.
    r.useProgramsOf("ours");
    process.chdir(scratchFolder());
    await r.run("resurrect");
    await r.run("resume");
    r.startWorker();
    await until(async () => (await rowsOf(r, "orders")).some((row) => row.includes("of the new root")), {
      timeoutMs: 60_000,
      what: "a row of the new root on the old one",
    });

    const lost = JSON.parse(readFileSync(join(process.cwd(), "resurrect-lost-events.json"), "utf8")) as {
      ev_data: string;
    }[];
    expect(lost.map(({ ev_data }) => /900\d/.exec(ev_data)?.[0])).toEqual(["9001", "9002"]);
    expect(await r.attempt("compare", "orders")).toMatchObject({ status: 3 });
    await r.run("repair", "orders", "--apply");
    await untilEqual(set.all, "orders");
    expect(await b.run("node-info")).toMatch(/Node: b +Type: root/);
    await set.stop();
  },
);

/** Sessions that are open to the test stay; all others end, and no new ones come. */
async function setReachable(node: SetNode, other: SetNode, isReachable: boolean): Promise<void> {
  await other.db.query("update pg_database set datallowconn = $2 where datname = $1", [node.database, isReachable]);
  if (isReachable) return;
  const { rows } = await node.db.query<{ pid: number }>("select pg_backend_pid() as pid");
  await other.db.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> $2", [
    node.database,
    rows[0]!.pid,
  ]);
}

async function lastTick(node: SetNode, queue: string): Promise<string> {
  const { rows } = await node.db.query<{ last_tick_id: string }>("select last_tick_id from pgq.get_queue_info($1)", [
    queue,
  ]);
  return rows[0]!.last_tick_id;
}

/** Ticks of the node's queue that came after a row of orders. */
async function ticksSince(node: SetNode, id: number): Promise<number> {
  const { rows } = await node.db.query<{ n: number }>(
    `select count(*)::int as n from pgq.tick
      where pg_visible_in_snapshot((select xmin::text::int8::text::xid8 from orders where id = $1), tick_snapshot::text::pg_snapshot)`,
    [id],
  );
  return rows[0]!.n;
}
