// What becomes of changes that do not fit the rows of the replica.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Conflict, ConflictPolicy } from "../../src/londiste/apply/index.ts";
import { type Replay, startReplay } from "../harness/replay.ts";
import { endMajors } from "../harness/major-pairs.ts";

describe.each(endMajors())("conflicts in replay, PostgreSQL %i", (major) => {
  let side: Replay;

  beforeAll(async () => {
    side = await startReplay(major);
  }, 120_000);
  afterAll(async () => {
    await side[Symbol.asyncDispose]();
  });

  /** 100 rows on both sides, then different ones: the replica lacks row 10, has a row 200, and another row holds u = 201. */
  async function diverged(table: string): Promise<void> {
    await side.both(`create table ${table} (id int primary key, u int unique, t text)`);
    await side.capture(table);
    await side.origin.execute(`insert into ${table} select n, n, 'first' from generate_series(1, 100) n`);
    await side.replay();
    await side.replica.execute(
      `delete from ${table} where id = 10; insert into ${table} values (200, 200, 'own'), (99999, 201, 'own')`,
    );
  }

  /** Events that go well on each side of those that do not. */
  const changes = (table: string): string => `
    update ${table} set t = 'second' where id in (1, 2, 3);
    update ${table} set t = 'missed' where id = 10;
    insert into ${table} values (200, 200, 'origin');
    insert into ${table} values (201, 201, 'origin');
    delete from ${table} where id = 50;
    update ${table} set t = 'third' where id in (3, 4)`;

  async function replayWith(
    policy: ConflictPolicy,
  ): Promise<{ readonly kinds: string[]; readonly stats: { readonly conflicts: number } }> {
    const seen: Conflict[] = [];
    const stats = await side.replay({ conflict: policy, onConflict: (conflict) => void seen.push(conflict) });
    return { kinds: seen.map(({ operation, kind, key }) => `${operation} ${key["id"]} ${kind}`), stats };
  }

  test("keep leaves the rows of the replica and applies everything else", async () => {
    await diverged("kept");
    await side.origin.execute(changes("kept"));

    const { kinds, stats } = await replayWith("keep");

    expect(kinds).toEqual(["update 10 row-missing", "insert 200 row-exists", "insert 201 unique-violation"]);
    expect(stats.conflicts).toBe(3);
    const rows = await side.replica.query("select id, t from kept where t <> 'first' order by id");
    expect(rows).toEqual([
      { id: 1, t: "second" },
      { id: 2, t: "second" },
      { id: 3, t: "third" },
      { id: 4, t: "third" },
      { id: 200, t: "own" },
      { id: 99999, t: "own" },
    ]);
    expect(await side.replica.query("select from kept where id in (10, 50, 201)")).toEqual([]);
  });

  test("overwrite makes the rows as they are on the root", async () => {
    await diverged("forced");
    await side.origin.execute(changes("forced"));

    const { kinds } = await replayWith("overwrite");

    expect(kinds).toHaveLength(3);
    const { origin, replica } = await side.rows("forced");
    expect(replica).toEqual(origin);
  });

  test("overwrite makes room for a unique value that an update brings", async () => {
    await diverged("updated");
    await side.origin.execute("update updated set u = 201 where id = 7; delete from updated where id = 10");

    await replayWith("overwrite");

    expect(await side.replica.query("select id from updated where u = 201")).toEqual([{ id: 7 }]);
    expect(await side.replica.query("select id from updated where id = 99999")).toEqual([]);
  });

  test("quarantine gives the table up and goes on with the others", async () => {
    await diverged("given_up");
    await side.both("create table healthy (id int primary key)");
    await side.capture("healthy");
    await side.origin.execute("insert into healthy values (1)");
    await side.origin.execute(changes("given_up"));
    await side.origin.execute("insert into healthy values (2)");

    const stats = await side.replay({ conflict: "quarantine" });

    expect([...stats.quarantined.keys()]).toEqual(["public.given_up"]);
    expect(stats.quarantined.get("public.given_up")).toMatchObject({ kind: "row-missing", key: { id: "10" } });
    expect((await side.rows("healthy")).replica).toEqual(["(1)", "(2)"]);
    expect(await side.replica.query("select from given_up where t = 'third'")).toEqual([]);
  });

  test("what was made ready for a table before it was given up is left out, the rows of others beside it are not", async () => {
    for (const name of ["given_up_late", "beside"]) {
      await side.both(`create table ${name} (id int primary key)`);
      await side.capture(name);
    }
    await side.replica.execute("insert into given_up_late values (250)");
    await side.origin.execute(`do $$ begin for i in 0..9 loop
      insert into given_up_late select i * 100 + n from generate_series(1, 100) n;
      insert into beside select i * 100 + n from generate_series(1, 100) n; end loop; end $$`);

    const stats = await side.replay({ conflict: "quarantine", chunkEvents: 200 });

    expect([...stats.quarantined.keys()]).toEqual(["public.given_up_late"]);
    expect(await side.replica.one("select count(*)::int as n, max(id) as last from given_up_late")).toEqual({
      n: 250,
      last: 250,
    });
    expect(await side.replica.one("select count(*)::int as n from beside")).toEqual({ n: 1000 });
  });

  test("a conflict in each of many chunks is settled, and all rows around it come", async () => {
    await side.both("create table many (id int primary key, t text)");
    await side.capture("many");
    await side.origin.execute("insert into many select n, 'origin' from generate_series(1, 1000) n");
    await side.replay({ chunkEvents: 100 });
    await side.replica.execute(
      "delete from many where id % 70 = 0; insert into many select n, 'own' from generate_series(1070, 2000, 70) n",
    );
    await side.origin.execute(
      "update many set t = 'new'; insert into many select n, 'new' from generate_series(1001, 2000) n",
    );

    const stats = await side.replay({ conflict: "overwrite", chunkEvents: 100 });

    expect(stats.conflicts).toBe(14 + 14);
    const { origin, replica } = await side.rows("many");
    expect(replica).toEqual(origin);
  });

  test("error names event, transaction and table, and the batch goes through once the cause is gone", async () => {
    await diverged("stopped");
    await side.origin.execute(
      "update stopped set t = 'before' where id = 1; insert into stopped values (200, 200, 'origin')",
    );
    const { txid, id } = await side.origin.one<{ txid: bigint; id: bigint }>(
      "select ev_txid as txid, ev_id as id from pgq.event_template where ev_extra1 = 'public.stopped' order by ev_id desc limit 1",
    );

    const first = side.replay();

    await expect(first).rejects.toMatchObject({
      code: "REPLICA_CONFLICT",
      message: `event ${id} of transaction ${txid}, insert of public.stopped: a row with this key is there already: duplicate key value violates unique constraint "stopped_pkey"`,
      details: { kind: "row-exists", key: { id: "200" } },
    });
    expect(await side.replica.query("select from stopped where t = 'before'")).toEqual([]);
    await side.replica.execute("delete from stopped where id = 200");
    await side.replay();
    expect(await side.replica.query("select t from stopped where id in (1, 200) order by id")).toEqual([
      { t: "before" },
      { t: "origin" },
    ]);
  });

  test("an update of a row that is missing is no silent success", async () => {
    await diverged("missed");
    await side.origin.execute("update missed set t = 'x' where id = 10");

    await expect(side.replay()).rejects.toMatchObject({ details: { kind: "row-missing", operation: "update" } });

    await replayWith("keep");
  });

  test("pieces of SQL have conflicts too", async () => {
    await side.both("create table partial (id int primary key, t text)");
    await side.capture("partial", "sqltriga");
    await side.replica.execute("insert into partial values (3, 'own')");
    await side.origin.execute(
      "insert into partial select n, 'x' from generate_series(1, 5) n; update partial set t = 'y' where id = 5",
    );

    const { stats } = await replayWith("keep");

    expect(stats.conflicts).toBe(1);
    expect((await side.rows("partial")).replica).toEqual(["(1,x)", "(2,x)", "(3,own)", "(4,x)", "(5,y)"]);
  });

  test("a table or a column that is not there is named, and no policy but quarantine passes over it", async () => {
    await side.origin.execute("create table absent (id int primary key)");
    await side.capture("absent");
    await side.both("create table narrow (id int primary key)");
    await side.origin.execute("alter table narrow add column extra text");
    await side.capture("narrow");
    await side.origin.execute("insert into absent values (1)");
    await expect(side.replay({ conflict: "keep" })).rejects.toThrow("table public.absent does not exist on this node");
    await side.replica.execute("create table absent (id int primary key)");
    await side.replay();
    await side.origin.execute("insert into narrow values (1, 'x')");

    const refused = side.replay({ conflict: "overwrite" });

    await expect(refused).rejects.toThrow('table public.narrow has no column "extra"');
    expect([...(await side.replay({ conflict: "quarantine" })).quarantined.keys()]).toEqual(["public.narrow"]);
  });

  test("an error of the server that says nothing about rows comes out as it is", async () => {
    await side.both("create table waiting (id int primary key)");
    await side.capture("waiting");
    await side.origin.execute("insert into waiting values (1)");
    const { connect, parseConninfo } = await import("../../src/postgres/index.ts");
    const { host, port } = side.replica.facts.address;
    await using other = await connect(
      parseConninfo(`host=${host} port=${port} user=postgres dbname=${side.replica.facts.database}`),
      { env: {} },
    );

    await other.execute("begin; lock table waiting");
    await side.replica.execute("set lock_timeout = '100ms'");
    const blocked = side.replay();
    await expect(blocked).rejects.toMatchObject({ code: "DATABASE", sqlstate: "55P03" });
    await other.execute("commit");
    await side.replica.execute("reset lock_timeout");
    await side.replay();

    expect((await side.rows("waiting")).replica).toEqual(["(1)"]);
  });
});
