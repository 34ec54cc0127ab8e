// Copies whose worker is killed: what is here is kept where that is safe, and the rows become those of the root.
import { writeFileSync } from "node:fs";
import type pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { crossPairs } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, type SetNode } from "../../harness/our-set.ts";
import { advisoryWaiters, value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const TEST_MS = 400_000;
const LOCK = 42;

/** Rows of about 1 500 bytes, so that few of them make four ranges; `u` and the index of words are unique besides the key. */
const SCHEMA = `
  create table t (id int4 primary key, u int4 not null unique, word text, pad text) with (autovacuum_enabled = off);
  alter table t alter column pad set storage plain;
  create unique index t_word on t (lower(word)) where word <> 'same'`;
const ROWS = 48_000;
const FILL = `
  insert into t select n, n, case when n % 2 = 0 then 'w' || n else 'same' end, repeat(md5(n::text), 46)
    from generate_series(1, ${ROWS}) n;
  delete from t where id < 12000 and id % 8 = 0`;

/** On the node that copies: a range is only stored while fewer than `limit` are. */
const HOLD = `
  create table hold (most int4);
  insert into hold values (0);
  create function hold_range() returns trigger language plpgsql as $$ begin
    if (select count(*) from londiste.copied_range) >= (select most from hold) then
      perform pg_advisory_xact_lock_shared(${LOCK});
    end if;
    return new;
  end $$;
  create trigger hold_range before insert on londiste.copied_range for each row execute function hold_range();
  alter table londiste.copied_range enable always trigger hold_range`;

/** Rows go to other ranges in both directions, come, go, change their keys, and exchange unique values. */
async function write(db: pg.Client, round: number): Promise<void> {
  const at = (step: number): number => 1 + ((round * 7919 + step * 104_729) % ROWS);
  await db.query("update t set word = 'same', pad = repeat(md5($1::text), 46) where id between $1 and $1 + 20", [
    at(1),
  ]);
  await db.query("delete from t where id between $1 and $1 + 5", [at(2)]);
  await db.query(
    "insert into t select n, n, 'n' || n, 'new' from generate_series($1::int, $1 + 9) n on conflict do nothing",
    [1_000_000 + round * 10],
  );
  await db.query("update t set id = -id where id between $1 and $1 + 3", [at(3)]);
  await db.query("update t set id = $2, u = $2 where id = $1", [at(4), 2_000_000 + round]);
  await exchange(db, "u", "-2000000000 + id", [at(5), at(6)]);
  await exchange(db, "word", "'x' || id", [at(7) & ~1, at(8) & ~1]);
  await exchange(db, "u", "-2000000000 + id", [5, ROWS - 5]);
}

async function exchange(db: pg.Client, column: string, aside: string, [one, other]: [number, number]): Promise<void> {
  const { rows } = await db.query<Record<string, unknown>>(
    `select id, ${column} as v from t where id in ($1, $2) and word <> 'same' or id in ($1, $2) and $3`,
    [one, other, column === "u"],
  );
  if (rows.length < 2) return;
  await db.query("begin");
  await db.query(`update t set ${column} = ${aside} where id = $1`, [rows[0]!["id"]]);
  await db.query(`update t set ${column} = $2 where id = $1`, [rows[1]!["id"], rows[0]!["v"]]);
  await db.query(`update t set ${column} = $2 where id = $1`, [rows[0]!["id"], rows[1]!["v"]]);
  await db.query("commit");
}

const SUM = "select count(*) || md5(string_agg(md5(t::text), '' order by id)) from t";

describe.each(crossPairs())("copies that are gone on with, from PostgreSQL $from to $to", ({ from, to }) => {
  interface Begun {
    readonly set: OurSet;
    readonly root: SetNode;
    readonly leaf: SetNode;
  }

  /** The leaf has a worker that is stopped, and the table to copy, from the root or from a branch between them. */
  async function begun({ provider = "root", words = [] as readonly string[] } = {}): Promise<Begun> {
    const set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        ...(provider === "root" ? [] : [{ name: provider, role: "branch" as const, provider: "root", major: from }]),
        // one range after the other
        { name: "leaf", role: "leaf", provider, major: to, ini: ["parallel_copies = 1"] },
      ],
      schema: SCHEMA,
      startsWorkers: false,
    });
    onTestFinished(() => set[Symbol.asyncDispose]());
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    for (const node of set.nodes) node.startWorker();
    await root.db.query(FILL);
    // Rows that are written anew find room in the first range.
    await root.db.query("vacuum t");
    await root.run("add-table", "t", ...words);
    const isKnown = (node: SetNode) => () => value<boolean>(node.db, "select count(*) = 1 from londiste.table_info");
    for (const node of set.nodes) await until(isKnown(node), MINUTE);
    if (provider !== "root") await set.node(provider).run("add-table", "t", "--wait-sync", "--timeout=120");
    await leaf.stopWorker();
    await leaf.db.query(HOLD);
    await leaf.db.query("select pg_advisory_lock($1)", [LOCK]);
    await leaf.run("add-table", "t");
    return { set, root, leaf };
  }

  const ranges = async (leaf: SetNode): Promise<number> =>
    (await value<number>(leaf.db, "select count(*)::int4 from londiste.copied_range"))!;
  const isHeld = async (leaf: SetNode): Promise<boolean> => (await advisoryWaiters(leaf.db)).length > 0;

  /** Starts the worker, and kills it when it has so many ranges and waits with the next. */
  async function copyUpTo(leaf: SetNode, most: number, log = ""): Promise<void> {
    const before = leaf.workerLog().length;
    await leaf.db.query("update hold set most = $1", [most]);
    leaf.startWorker("process");
    const written = (): string => leaf.workerLog().slice(before);
    try {
      await until(async () => written().includes(log) && (await ranges(leaf)) === most && (await isHeld(leaf)), MINUTE);
    } catch (error) {
      throw new Error(`no ${most} ranges, or no "${log}" in the log:\n${written()}`, { cause: error });
    }
    await kill(leaf);
  }

  async function kill(leaf: SetNode): Promise<void> {
    await leaf.stopWorker("SIGKILL");
    await leaf.db.query("select pg_terminate_backend(p) from unnest($1::int4[]) p", [await advisoryWaiters(leaf.db)]);
    await until(async () => !(await isHeld(leaf)), MINUTE);
  }

  async function finish(root: SetNode, leaf: SetNode): Promise<void> {
    await leaf.db.query("select pg_advisory_unlock($1)", [LOCK]);
    leaf.startWorker("process");
    await leaf.run("wait-sync", "--timeout=120");
    await until(async () => (await value(leaf.db, SUM)) === (await value(root.db, SUM)), {
      ...MINUTE,
      what: "the rows of the root",
    });
  }

  const leftBehind = async (leaf: SetNode): Promise<unknown> =>
    await value(
      leaf.db,
      "select (select count(*) from londiste.table_copy)::int4 + (select count(*) from londiste.copied_range)::int4",
    );

  test(
    "a worker that is killed again and again copies no range twice, and all rows are those of the root",
    async () => {
      const { root, leaf } = await begun();
      const indexes = "select string_agg(indexdef, ';' order by indexdef) from pg_indexes where tablename = 't'";
      for (const [most, log] of [
        [1, ""],
        [2, "copy is resumed: 1 of "],
        [3, "copy is resumed: 2 of "],
      ] as const) {
        await copyUpTo(leaf, most, log);
        for (let round = 0; round < 60; round += 1) await write(root.db, most * 1000 + round);
      }
      const stored = await value<number>(leaf.db, "select sum(copied_rows)::int4 from londiste.copied_range");
      const snapshots = await value(leaf.db, "select count(distinct copy_snapshot)::int4 from londiste.copied_range");

      const finishing = finish(root, leaf);
      for (let round = 0; round < 60; round += 1) await write(root.db, 5000 + round);
      await finishing;

      expect(snapshots).toBe(3);
      const log = leaf.workerLog();
      expect(log).toMatch(/copy is resumed: 3 of [4-6] ranges are here/);
      const copied = Number(/copy finished.*?rows[^0-9]*(\d+)/.exec(log)?.[1]);
      expect(copied).toBeGreaterThan(0);
      expect(copied).toBeLessThan(stored! / 2);
      expect(log).not.toMatch(/begins anew|conflict|ERROR/i);
      expect(await value(leaf.db, indexes)).toBe(await value(root.db, indexes));
      expect(await leftBehind(leaf)).toBe(0);
    },
    TEST_MS,
  );

  test(
    "a copy begins anew when what is here cannot be relied on, and leaves nothing behind",
    async () => {
      const { set, root, leaf } = await begun();
      const script = set.folder.file("script.sql");
      writeFileSync(script, "update t set pad = 'by a script' where id % 5 = 1;");

      await copyUpTo(leaf, 1);
      await root.db.query("vacuum full t");
      await copyUpTo(leaf, 1, "was rewritten");
      await root.run("execute", script);
      await copyUpTo(leaf, 1, "the scripts that were run at the source changed");
      await root.db.query("alter table t disable trigger user; alter table t enable trigger user");
      await copyUpTo(leaf, 1, "the triggers at the source changed");
      await leaf.db.query("vacuum full t");
      await copyUpTo(leaf, 1, "the files of the table here changed");
      await root.db.query("select pgq.unregister_consumer('replika', 'worker_leaf.copy.public.t')");
      await copyUpTo(leaf, 1, "has not kept the events");
      await leaf.run("resync", "t");
      expect(await leftBehind(leaf)).toBe(0);
      await copyUpTo(leaf, 1);
      await leaf.run("remove-table", "t");
      expect(await leftBehind(leaf)).toBe(0);
      await leaf.run("add-table", "t");
      await copyUpTo(leaf, 1);
      await finish(root, leaf);

      expect(await leftBehind(leaf)).toBe(0);
    },
    TEST_MS,
  );

  test(
    "a copy begins anew when the root does not log whole rows",
    async () => {
      const { leaf } = await begun({ words: ["--trigger-arg=ignore=pad"] });

      await copyUpTo(leaf, 1);

      await copyUpTo(leaf, 1, "does not log every change with the whole row");
    },
    TEST_MS,
  );

  test(
    "a copy from a branch begins anew when an event turns out not to bring the whole row",
    async () => {
      const { set, root, leaf } = await begun({ provider: "branch", words: ["--trigger-arg=ignore=pad"] });
      const branch = set.node("branch");

      await copyUpTo(leaf, 1);
      await root.db.query("update t set word = 'partial' where id = 47999");
      const isThere = "select count(*) = 1 from t where word = 'partial'";
      await until(() => value<boolean>(branch.db, isThere), MINUTE);
      await copyUpTo(leaf, 2, "copy is resumed: 1 of ");
      await finish(branch, leaf);

      expect(leaf.workerLog()).toMatch(/begins anew: it was resumed, and event \d+ .* does not bring column pad/);
      expect(await leftBehind(leaf)).toBe(0);
    },
    TEST_MS,
  );

  test("a source that keeps what it knows of its WAL to itself, as some managed servers do, is copied from all the same", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "leaf", role: "leaf", provider: "root", major: to },
      ],
      schema: SCHEMA,
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.db.query("alter function pg_catalog.pg_current_wal_lsn() rename to not_for_you");
    await root.db.query("insert into t select n, n, 'same', '' from generate_series(1, 10) n");

    await root.run("add-table", "t");
    await leaf.run("add-table", "t", "--wait-sync", "--timeout=60");

    expect(await value(leaf.db, SUM)).toBe(await value(root.db, SUM));
    expect(leaf.workerLog()).not.toContain("copy failed");
  });
});
