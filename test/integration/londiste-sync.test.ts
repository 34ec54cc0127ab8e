// Tables on their way from nothing to in sync, beside a main worker that goes on.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type pg from "pg";
import { addCopiedRange, beginCopy, takeOverCopy } from "../../src/londiste/sql-calls/index.ts";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { type TestDatabase } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { advisoryWaiters, value } from "../harness/sessions.ts";
import {
  addTable,
  createSyncLeaf,
  createSyncRoot,
  QUEUE,
  startTicker,
  startWorker,
  type SyncNode,
  tableState,
  type Worker,
  type WorkerOptions,
} from "../harness/sync-set.ts";
import { until } from "../harness/until.ts";

const SCHEMA = `
  create table items (id int8 primary key, word text, n int4);
  create unique index items_word on items (word) where n > 0;
  create index items_n on items (n desc);
  create table others (id int8 primary key, item int8, note text);
  alter table others add constraint others_item foreign key (item) references items;
  create table counter (id int4 primary key, n int8)`;

describe.each(endMajors())("PostgreSQL %i", (major) => {
  let template: TestDatabase;
  let root: SyncNode;
  let leaf: SyncNode;
  let stopTicker: () => Promise<void>;
  const open: { stop(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_node", "londiste"]);
  });
  afterAll(() => template.drop());

  beforeEach(async () => {
    root = await createSyncRoot(major, template.name);
    leaf = await createSyncLeaf(root, "leaf", major, template.name);
    for (const { client } of [root, leaf]) await client.query(SCHEMA);
    await root.client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [QUEUE]);
    await root.client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '0')", [QUEUE]);
    for (const table of ["public.items", "public.others", "public.counter"]) await addTable(root, table);
    stopTicker = startTicker(root);
    await root.client.query(`insert into counter values (1, 0);
      insert into items select i, 'w' || i, i % 10 from generate_series(1, 20000) i;
      insert into others select i, i, 'note' from generate_series(1, 5000) i`);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
    await stopTicker();
    for (const { database } of [leaf, root]) await database.drop();
  });

  const work = (options: Partial<WorkerOptions> = {}): Worker => {
    const worker = startWorker(leaf, { nodes: [root, leaf], ...options });
    open.push(worker);
    return worker;
  };
  const inSync = (...tables: string[]): Promise<unknown> =>
    until(
      async () => {
        const states = await Promise.all(tables.map((table) => tableState(leaf, table)));
        return states.every((state) => state === "ok");
      },
      { timeoutMs: 60_000, what: `${tables.join(", ")} in sync` },
    );
  const content = async (client: pg.Client, table: string): Promise<unknown> =>
    await value(client, `select count(*) || md5(string_agg(t::text, ',' order by id)) from ${table} t`);
  const sameAsRoot = (table: string): Promise<unknown> =>
    until(async () => (await content(leaf.client, table)) === (await content(root.client, table)), {
      timeoutMs: 60_000,
      what: `the rows of ${table} are those of the root`,
    });
  const consumersLeft = async (): Promise<unknown> => [
    await value(root.client, "select count(*)::int4 from pgq.get_consumer_info() where consumer_name like '%.copy.%'"),
    await value(leaf.client, "select count(*)::int4 from pgq_node.local_state where consumer_name like '%.copy.%'"),
  ];

  /** Inserts, updates and deletes of all kinds, one transaction after the other, until it is stopped. */
  const writeOn = (): { stop(): Promise<unknown> } => {
    let isStopped = false;
    const run = async (): Promise<void> => {
      const client = await root.database.connect();
      await client.query("alter table others drop constraint others_item");
      for (let i = 1; !isStopped; i += 1) {
        await client.query("update counter set n = n + 1");
        await client.query("insert into items values ($1, $2, $3)", [100_000 + i, `new${i}`, i % 5]);
        await client.query("update items set n = n + 1, word = word || '.' where id = $1", [1 + ((i * 37) % 20000)]);
        await client.query("delete from items where id = $1", [1 + ((i * 101) % 20000)]);
        await client.query("begin");
        await client.query("delete from items where id = $1", [100_000 + i - 3]);
        await client.query("insert into items values ($1, 'again', -1)", [100_000 + i - 3]);
        await client.query(i % 3 === 0 ? "rollback" : "commit");
      }
    };
    const done = run();
    const writer = {
      async stop(): Promise<void> {
        isStopped = true;
        await done;
      },
    };
    open.push(writer);
    return writer;
  };

  test("tables are copied while they are written to, and get back their keys and indexes", async () => {
    const before = await indexes(leaf.client);
    await leaf.client.query("alter table others drop constraint others_item");
    const writer = writeOn();
    for (const table of ["public.items", "public.others", "public.counter"]) await addTable(leaf, table);

    const worker = work({ settings: { parallelCopies: 3, connectionsFor: () => 2 } });
    await inSync("public.items", "public.others", "public.counter");
    await writer.stop();
    await sameAsRoot("items");
    await sameAsRoot("others");
    await sameAsRoot("counter");

    expect(worker.errors).toEqual([]);
    expect(await indexes(leaf.client)).toEqual(before);
    await until(async () => JSON.stringify(await consumersLeft()) === "[0,0]", { what: "no consumers of copies left" });
    const snapshots = "select count(*)::int4 from londiste.table_info where custom_snapshot is not null";
    expect(await value(leaf.client, snapshots)).toBe(0);
  });

  test("on a queue without any events a table is in sync within seconds", async () => {
    await root.client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '1 hour')", [QUEUE]);
    await root.client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '1 hour')", [QUEUE]);
    await addTable(leaf, "public.counter");

    work();

    await until(async () => (await tableState(leaf, "public.counter")) === "ok", { timeoutMs: 20_000 });
    await sameAsRoot("counter");
  });

  test("a copy that cannot be made is told and tried again, and the others go on", async () => {
    await leaf.client.query("alter table items add column must int4 not null");
    for (const table of ["public.items", "public.counter"]) await addTable(leaf, table);

    const worker = work();
    await inSync("public.counter");
    const failed = await until(() => worker.sync.progress.find(({ phase }) => phase === "failed"));
    const noted = "select cur_error from pgq_node.local_state where cur_error is not null";
    const stored = await until(async () => await value(leaf.client, noted)); // it is told before it is noted

    expect(failed).toMatchObject({ table: "public.items", error: expect.stringContaining('"must"') as string });
    expect(stored).toContain('"must"');
    await leaf.client.query("alter table items drop column must");
    await inSync("public.items");
    await sameAsRoot("items");
    expect(worker.errors).toEqual([]);
  });

  test("foreign keys are away while one of their tables is not in sync, and come back", async () => {
    await addTable(leaf, "public.items");

    work();
    await inSync("public.items");
    const pending = await leaf.client.query("select from_table, to_table, fkey_name from londiste.pending_fkeys");
    await addTable(leaf, "public.others");
    await inSync("public.others");

    expect(pending.rows).toEqual([{ from_table: "public.others", to_table: "public.items", fkey_name: "others_item" }]);
  });

  test("a table that is removed or to be copied anew while it is copied leaves nothing behind", async () => {
    const hold = await root.database.connect();
    await hold.query("begin; lock table items, others in access exclusive mode");
    for (const table of ["public.items", "public.others"]) await addTable(leaf, table);
    work({ settings: { parallelCopies: 2 } });
    await until(async () => (await tableState(leaf, "public.items")) === "in-copy");
    await until(async () => (await tableState(leaf, "public.others")) === "in-copy");

    await leaf.client.query("select * from londiste.local_remove_table($1, 'public.items')", [QUEUE]);
    await leaf.client.query("select * from londiste.local_set_table_state($1, 'public.others', null, null)", [QUEUE]);
    await hold.query("rollback");
    await inSync("public.others");
    await sameAsRoot("others");

    expect(await tableState(leaf, "public.items")).toBeNull();
    const itemIndexes = async (): Promise<number> =>
      ((await indexes(leaf.client)) as string[]).filter((name) => name.includes("items")).length;
    await until(async () => (await itemIndexes()) === 3, { what: "the indexes of items back" });
    await until(async () => JSON.stringify(await consumersLeft()) === "[0,0]", { what: "no consumers of copies left" });
  });

  test("a worker is stopped at once while a copy waits for a lock on the source", async () => {
    const hold = await root.database.connect();
    await hold.query("begin; lock table items in access exclusive mode");
    await addTable(leaf, "public.items");
    const worker = work();
    const waiting = `select count(*)::int4 from pg_locks where not granted and relation = 'items'::regclass
      and database = (select oid from pg_database where datname = current_database())`;
    await until(async () => (await value(root.client, waiting)) === 1, { what: "a copy that waits for the lock" });

    await worker.stop();

    expect(await tableState(leaf, "public.items")).toBe("in-copy");
    expect(await value(root.client, waiting)).toBe(0);
  }, 30_000);

  test("a copy outlives idle_session_timeout of its node", async () => {
    await leaf.client.query(
      `do $$ begin execute format('alter database %I set idle_session_timeout = 1000', current_database()); end $$`,
    );
    const hold = await root.database.connect();
    await hold.query("begin; lock table items in access exclusive mode");
    await addTable(leaf, "public.items");
    work();
    const idle = `select count(*)::int4 from pg_stat_activity where datname = current_database()
       and pid <> pg_backend_pid() and state = 'idle' and state_change < now() - interval '2 s'`;
    await until(async () => (await value(leaf.client, idle)) === 1, { what: "a session of the copy that waits" });
    await hold.query("rollback");
    await inSync("public.items");
  });

  test("who wants a lock on a table that was copied does not wait until it is analyzed", async () => {
    await leaf.client.query(
      `do $$ begin
         execute format('alter database %I set vacuum_cost_delay = 100', current_database());
         execute format('alter database %I set vacuum_cost_limit = 1', current_database());
       end $$`,
    );
    await addTable(leaf, "public.items");
    work();
    await inSync("public.items");
    const analyses = `select count(*)::int4 from pg_stat_activity
       where datname = current_database() and state = 'active' and query like 'analyze%'`;
    expect(await value(leaf.client, analyses)).toBe(1);

    await leaf.client.query(
      "begin; set local statement_timeout = '10 s'; lock table items in access exclusive mode; commit",
    );

    await until(async () => (await value(leaf.client, analyses)) === 0, { what: "no analysis" });
  });

  test("a table that comes while a large one is copied over all connections gets one of them after a range", async () => {
    // 75 MB, four ranges; not as events too
    await root.client.query(`begin; set local session_replication_role = replica;
      insert into items select i, repeat(md5(i::text), 45), 0 from generate_series(100001, 150000) i; commit`);
    const hold = await holdBefore("insert", "londiste.copied_range", "new.table_name = 'public.items'");
    open.push({ stop: () => hold.query("select pg_advisory_unlock_all()") });
    await addTable(leaf, "public.items");
    const { sync } = work({ settings: { parallelCopies: 2, connectionsFor: () => 1 } });
    const holders = async (): Promise<number> => (await advisoryWaiters(leaf.client)).length;
    await until(async () => (await holders()) === 2, { what: "both connections with a range", timeoutMs: 60_000 });
    await addTable(leaf, "public.counter");
    await until(() => sync.progress.some(({ table, phase }) => table === "public.counter" && phase === "waiting"), {
      what: "the other table in the queue",
    });

    await hold.query("select pg_advisory_unlock(42), pg_advisory_lock(42)"); // each goes one range on
    await inSync("public.counter");

    expect(await tableState(leaf, "public.items")).toBe("in-copy");
    expect(await holders()).toBe(1);
    await hold.query("select pg_advisory_unlock(42)");
    await inSync("public.items");
    await sameAsRoot("items");
  });

  test("a worker that was taken for dead stores no range beside its successor, nor after a resync", async () => {
    await addTable(leaf, "public.items");
    const subject = { queue: QUEUE, table: "public.items" };
    const [early, late] = [
      await connect(leaf.database.url, { env: {} }),
      await connect(leaf.database.url, { env: {} }),
    ];
    open.push({ stop: () => Promise.all([early.close(), late.close()]) });
    const add = (db: Connection, token: string, fromBlock: number): Promise<boolean> => {
      const range = { part: "public.items", fromBlock, toBlock: null, filenode: "1", rows: 1n, bytes: 1n };
      return db.transaction(() => addCopiedRange(db, subject, { token, range, snapshot: "1:1:" }));
    };
    await beginCopy(early, subject, { token: "early", basis: "{}" });
    const stored = [await add(early, "early", 1)];
    const known = await takeOverCopy(late, subject, "late");
    stored.push(await add(early, "early", 2), await add(late, "late", 3));
    await leaf.client.query("select londiste.local_set_table_state($1, 'public.items', null, null)", [QUEUE]);
    stored.push(await add(late, "late", 4));

    expect(stored).toEqual([true, false, true, false]);
    expect(known?.ranges).toHaveLength(1);
    expect(await value(leaf.client, "select count(*)::int4 from londiste.copied_range")).toBe(0);
  });

  test.each(["in-copy", "catching-up", "wanna-sync"])(
    "a worker that is killed while a table is in %s goes on from there",
    async (state) => {
      const writer = writeOn();
      const sessions: Connection[] = [];
      const first = work({ onSession: (connection) => sessions.push(connection) });
      const hold = await root.database.connect();
      if (state === "in-copy") await hold.query("begin; lock table items in access exclusive mode");
      // nobody gets the table out of the state
      const holdState = await holdBefore(
        "update",
        "londiste.table_info",
        `old.merge_state like '${state}%' and new.merge_state is distinct from old.merge_state`,
      );
      await addTable(leaf, "public.items");
      await untilState(state);

      // As a kill does: all sessions are gone at once, nothing is put in order.
      const pids = sessions.map(({ backendPid }) => backendPid);
      const stopping = first.stop();
      for (const { client } of [root, leaf])
        await client.query("select pg_terminate_backend(p) from unnest($1::int4[]) p", [pids]);
      await stopping;
      await hold.query("rollback");
      await holdState.query("select pg_advisory_unlock_all()");
      work();
      await inSync("public.items");
      await writer.stop();
      await sameAsRoot("items");

      const names = (await indexes(leaf.client)) as string[];
      expect(names.filter((name) => name.includes("items"))).toHaveLength(3);
      await until(async () => JSON.stringify(await consumersLeft()) === "[0,0]", {
        what: "no consumers of copies left",
      });
    },
  );

  /** Such a change of a row on the leaf waits as long as the session that is returned has its lock, 42. */
  const holdBefore = async (change: "insert" | "update", table: string, condition: string): Promise<pg.Client> => {
    const client = await leaf.database.connect();
    await client.query("select pg_advisory_lock(42)");
    await client.query(`create function hold() returns trigger language plpgsql as $$ begin
        perform pg_advisory_xact_lock_shared(42);
        return new;
      end $$;
      create trigger hold before ${change} on ${table} for each row when (${condition}) execute function hold();
      alter table ${table} enable always trigger hold`);
    return client;
  };
  const untilState = (state: string): Promise<unknown> =>
    until(async () => (await tableState(leaf, "public.items"))?.startsWith(state) === true, {
      timeoutMs: 60_000,
      what: `items is ${state}`,
    });
});

async function indexes(client: pg.Client): Promise<unknown> {
  const sql = "select array_agg(indexdef order by indexdef) from pg_indexes where schemaname = 'public'";
  return await value(client, sql);
}
