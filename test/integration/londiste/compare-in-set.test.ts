// Comparison at an agreed tick. The workers are played by the test, so that it can be exact about where they stand.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getNodeInfo } from "../../../src/cascade/index.ts";
import { systemClock } from "../../../src/clock/index.ts";
import {
  compareTable,
  findSetTables,
  type FoundTables,
  withSetTable,
  type TableComparison,
} from "../../../src/londiste/compare/index.ts";
import type { HandlerRegistry } from "../../../src/londiste/handler/index.ts";
import { connect, type Connection } from "../../../src/postgres/index.ts";
import { createDatabase, type TestDatabase } from "../../harness/database.ts";
import { createSchemaTemplate } from "../../harness/schema-template.ts";
import { endMajors } from "../../harness/major-pairs.ts";

const plainHandlers: HandlerRegistry = {
  definitions: [],
  open: ({ handler }) => ({
    name: handler?.name ?? "londiste",
    needsTable: handler?.name !== "qtable",
    triggerArgs: [],
    isTriggerSkipping: false,
    isSynced: false,
    isTruncateIgnored: false,
    copyRows: null,
    copyEvent: null,
    copyCondition: () => Promise.resolve(handler?.args.get("where") ?? null),
    replay: () => null,
  }),
};

interface Node {
  readonly db: TestDatabase;
  readonly sql: pg.Client;
  readonly name: string;
}

describe.each(endMajors())("compare in a set of nodes on PostgreSQL %i", (major) => {
  const queue = "set";
  let template: TestDatabase;
  let root: Node;
  let branch: Node;
  let leaf: Node;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_node", "londiste"]);
    [root, branch, leaf] = (await Promise.all(
      (["root", "branch", "leaf"] as const).map(async (name): Promise<Node> => {
        const db = await createDatabase(major, template.name);
        return { db, name, sql: await db.connect() };
      }),
    )) as [Node, Node, Node];
    await createNode(root, null, "root");
    await createNode(branch, root, "branch");
    await createNode(leaf, branch, "leaf");
    for (const [node, dest] of [
      [root, "t"],
      [branch, "t"],
      [leaf, "renamed"],
    ] as const) {
      await node.sql.query(`create table public.${dest} (id int primary key, v text)`);
      await node.sql.query("select * from londiste.global_add_table($1, 'public.t')", [queue]);
      await node.sql.query("select * from londiste.local_add_table($1, 'public.t', array['expect_sync'], null, $2)", [
        queue,
        `public.${dest}`,
      ]);
    }
    for (const { sql } of [branch, leaf]) await sql.query("set session_replication_role = replica");
    await catchUp();
  });
  afterAll(async () => {
    await Promise.all([root, branch, leaf].map(({ db }) => db.drop()));
    await template.drop();
  });

  async function createNode({ name, db, sql }: Node, provider: Node | null, type: string): Promise<void> {
    const locate = (at: Node, other: string, url: string): Promise<unknown> =>
      at.sql.query("select * from pgq_node.register_location($1, $2, $3, false)", [queue, other, url]);
    await locate({ name, db, sql }, name, db.url);
    let watermark: string | null = null;
    if (provider !== null) {
      for (const node of new Set([root, provider])) await locate(node, name, db.url);
      const subscribe = "select global_watermark from pgq_node.register_subscriber($1, $2, $3, null)";
      const { rows } = await provider.sql.query<{ global_watermark: string }>(subscribe, [queue, name, `${name}_w`]);
      watermark = rows[0]?.global_watermark ?? null;
      await locate({ name, db, sql }, provider.name, provider.db.url);
    }
    await sql.query("select * from pgq_node.create_node($1, $2, $3, $4, $5, $6, null)", [
      queue,
      type,
      name,
      `${name}_w`,
      provider?.name ?? null,
      watermark,
    ]);
  }

  /** The worker has applied everything up to that tick of the root. */
  async function moveTo(node: Node, tick: string): Promise<void> {
    await node.sql.query("select * from pgq_node.set_consumer_completed($1, $2, $3)", [queue, `${node.name}_w`, tick]);
  }

  async function newestTick(): Promise<string> {
    const { rows } = await root.sql.query<{ tick: string }>("select max(tick_id) as tick from pgq.tick");
    return rows[0]!.tick;
  }

  async function catchUp(): Promise<void> {
    await root.sql.query("select pgq.force_tick($1), pgq.ticker($1)", [queue]);
    const tick = await newestTick();
    await moveTo(branch, tick);
    await moveTo(leaf, tick);
  }

  const open = (url: string): Promise<Connection> => connect(url, { env: {} });

  async function find(node: Node, names: readonly string[] = []): Promise<FoundTables> {
    const opened: Connection[] = [];
    try {
      const connectTo = async (url: string): Promise<Connection> => {
        const db = await open(url);
        opened.push(db);
        return db;
      };
      return await findSetTables({
        queue,
        local: await connectTo(node.db.url),
        connectTo,
        handlers: plainHandlers,
        names,
      });
    } finally {
      await Promise.all(opened.map((db) => db.close()));
    }
  }

  async function compare(node: Node, timeoutMs = 20_000): Promise<TableComparison> {
    const [table] = (await find(node)).tables;
    const sides = { queue, openLocal: () => open(node.db.url), openAt: open, clock: systemClock, timeoutMs };
    return await withSetTable(table!, sides, (options) => compareTable({ ...options, settleIntervalMs: 10 }));
  }

  /** Plays the leaf's worker until the work is done: whatever the branch has arrives on the leaf. */
  async function whileReplaying<T>(work: Promise<T>, replay: () => Promise<void>): Promise<T> {
    let isDone = false;
    void work.catch(() => undefined).finally(() => (isDone = true));
    while (!isDone) await replay();
    return await work;
  }

  test("a table is compared with the nearest node above that has its rows", async () => {
    const fromLeaf = await find(leaf);
    await branch.sql.query("update londiste.table_info set table_attrs = 'handler=qtable'");
    const pastBranch = await find(leaf);
    await branch.sql.query("update londiste.table_info set table_attrs = null");

    expect(fromLeaf.tables).toMatchObject([
      { name: "public.t", table: "public.renamed", source: { node: "branch", table: "public.t" } },
    ]);
    expect(pastBranch.tables).toMatchObject([{ source: { node: "root" } }]);
  });

  test("tables that are not in sync are skipped, and named ones that do not exist too", async () => {
    await leaf.sql.query("update londiste.table_info set merge_state = 'in-copy'");
    const found = await find(leaf, ["t", "nowhere"]);
    await leaf.sql.query("update londiste.table_info set merge_state = 'ok'");

    expect(found.tables).toEqual([]);
    expect(found.skipped).toEqual([
      { name: "public.t", reason: "not in sync: in-copy", isNamed: true },
      { name: "public.nowhere", reason: "not in the set", isNamed: true },
    ]);
    await expect(find(root)).rejects.toMatchObject({ code: "WRONG_USE" });
  });

  test("with the root as source it waits for the worker to pass a tick made after the source was read", async () => {
    await root.sql.query("insert into public.t values (1, 'a')");
    let replays = 0;

    const result = await whileReplaying(compare(branch), async () => {
      // The row arrives together with the position, as in a worker's transaction.
      await branch.sql.query("begin; insert into public.t values (1, 'a') on conflict do nothing");
      await moveTo(branch, await newestTick());
      await branch.sql.query("commit");
      replays += 1;
    });

    expect(result).toMatchObject({ isEqual: true, source: { rows: 1n }, inFlight: 0 });
    expect(replays).toBeGreaterThan(0);
  });

  test("with a branch as source its worker's own tick is waited for, and nothing is paused", async () => {
    await leaf.sql.query("insert into public.renamed values (1, 'a')");
    await catchUp();

    const result = await compare(leaf);
    await using db = await open(branch.db.url);
    const info = await getNodeInfo(db, queue);

    expect(result).toMatchObject({ isEqual: true, source: { rows: 1n } });
    expect(info).toMatchObject({ isPaused: false });
  });

  test("a difference between branch and leaf is found", async () => {
    await leaf.sql.query("update public.renamed set v = 'other'");
    const result = await compare(leaf);
    await leaf.sql.query("update public.renamed set v = 'a'");

    expect(result).toMatchObject({ isEqual: false, updates: 1 });
  });

  test("two levels up: the position of the compared node counts, not that of the one between", async () => {
    await branch.sql.query("update londiste.table_info set table_attrs = 'handler=qtable'");
    const lagging = compare(leaf, 500);
    await moveTo(branch, String(Number(await newestTick()) + 100));
    await expect(lagging).rejects.toMatchObject({ code: "COMPARE_LAG" });
    await moveTo(leaf, String(Number(await newestTick()) + 100));
    const result = await compare(leaf);
    await branch.sql.query("update londiste.table_info set table_attrs = null");

    expect(result).toMatchObject({ isEqual: true });
  });
});
