// What londiste's functions can beyond 3.8: capture by pgq.create_capture, partitioned tables, other keys, sessions that may
// not set session_replication_role.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { asRole, value } from "../harness/sessions.ts";
import { storedEvents } from "../harness/stored-events.ts";

describe.each(majors())("tables of a set on PostgreSQL %i", (major) => {
  let template: TestDatabase;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_node", "londiste"]);
  });
  afterAll(() => template.drop());

  async function withNode(type: "root" | "leaf", work: (client: pg.Client) => Promise<void>): Promise<void> {
    await using database = await createDatabase(major, template.name);
    const client = await database.connect();
    await client.query("select pgq_node.register_location('q', 'up', 'dbname=up', false)");
    await client.query("select pgq_node.register_location('q', 'here', 'dbname=here', false)");
    await client.query(
      type === "root"
        ? "select pgq_node.create_node('q', 'root', 'here', 'w', null, null, null)"
        : "select pgq_node.create_node('q', 'leaf', 'here', 'w', 'up', 1, null)",
    );
    await work(client);
  }

  async function add(client: pg.Client, table: string, args: readonly string[], dest: string | null = null) {
    const { rows } = await client.query<{ ret_code: number; ret_note: string }>(
      "select * from londiste.local_add_table('q', $1, $2, null, $3)",
      [table, args, dest],
    );
    return rows[0];
  }

  async function changes(client: pg.Client) {
    const events = await storedEvents(client, "q");
    return events
      .filter(({ type }) => type?.startsWith("londiste.") !== true)
      .map((e) => [e.type, e.data, e.extras[0]]);
  }

  test("with capture the events are JSON, and those of truncate are what old nodes know", async () => {
    await withNode("root", async (client) => {
      await client.query("create table t (id int primary key, v text)");

      expect(await add(client, "t", ["capture"])).toEqual({ ret_code: 200, ret_note: "Table added: public.t" });
      await client.query("insert into t values (1, 'a'), (2, 'b')");
      await client.query("truncate t");

      const type = '{"op":"INSERT","table":["public","t"],"pkey":["id"]}';
      expect(await changes(client)).toEqual([
        [type, '{"id":1,"v":"a"}', "public.t"],
        [type, '{"id":2,"v":"b"}', "public.t"],
        ["R", "", "public.t"],
      ]);
    });
  });

  test("all events of a renamed table carry its name in the set, those of truncate too", async () => {
    await withNode("root", async (client) => {
      await client.query("create table here (id int primary key)");

      await add(client, "world.it's", ["capture"], "here");
      expect(await value(client, "select form from pgq.get_capture_info('q')")).toBe("statement");
      await client.query("insert into here values (1)");
      await client.query("truncate here");

      expect((await changes(client)).map(([, , table]) => table)).toEqual(["world.it's", "world.it's"]);
    });
  });

  test("a partitioned table is one table of the set", async () => {
    await withNode("root", async (client) => {
      await client.query("create table p (id int primary key) partition by range (id)");
      await client.query("create table p1 partition of p for values from (0) to (10)");
      await client.query("create table p2 partition of p for values from (10) to (20)");

      expect(await add(client, "p", ["capture"])).toMatchObject({ ret_code: 200 });
      await client.query("insert into p values (1), (11)");
      await client.query("update p set id = 12 where id = 1");

      const events = await changes(client);
      expect(events.map(([, data, table]) => [data, table])).toEqual([
        ['{"id":1}', "public.p"],
        ['{"id":11}', "public.p"],
        ['{"id":1}', "public.p"],
        ['{"id":12}', "public.p"],
      ]);
    });
  });

  test("a table without primary key needs a unique index without NULL to be chosen", async () => {
    await withNode("root", async (client) => {
      await client.query("create table n (a int not null, b int not null, c int, unique (a, b), unique (c))");

      expect(await add(client, "n", ["capture"])).toMatchObject({ ret_code: 400 });
      expect(await add(client, "n", ["capture", "pkey=c"])).toMatchObject({ ret_code: 400 });
      expect(await add(client, "n", ["capture", "pkey=b,a"])).toMatchObject({ ret_code: 200 });
      await client.query("insert into n values (1, 2, 3)");
      expect((await changes(client))[0]?.[0]).toContain('"pkey":["b","a"]');
    });
  });

  test("arguments that ask for a row trigger get one, and taking the table out leaves none of either form", async () => {
    await withNode("root", async (client) => {
      await client.query("create table r (id int primary key)");
      const triggers = "select array_agg(tgname::text order by tgname) from pg_trigger where tgrelid = 'r'::regclass";

      await add(client, "r", ["capture", "tgflags=I"]);
      expect(await value(client, triggers)).toEqual(["_londiste_q", "_londiste_q_truncate"]);
      await client.query("select londiste.local_change_handler('q', 'public.r', array['capture'], null)");
      expect(await value(client, triggers)).not.toContain("_londiste_q");
      await client.query("select londiste.local_change_handler('q', 'public.r', null, null)");
      expect(await value(client, triggers)).toEqual(["_londiste_q", "_londiste_q_truncate"]);
      await client.query("select londiste.local_change_handler('q', 'public.r', array['capture'], null)");
      await client.query("select londiste.local_remove_table('q', 'r')");
      expect(await value(client, triggers)).toBeNull();
    });
  });

  test("a member of pgq_admin that may not set the role replays by a setting, which nobody else can use", async () => {
    await withNode("leaf", async (client) => {
      await client.query("create table t (id int primary key)");
      await client.query("select londiste.global_add_table('q', 't')");
      await add(client, "t", ["capture"]);
      const database = (await value<string>(client, "select current_database()"))!;
      const [worker, owner, guest] = [`${database}_w`, `${database}_o`, `${database}_g`];
      await client.query(`create role ${worker} login in role londiste_writer`);
      await client.query(`create role ${owner} in role pgq_admin`);
      await client.query(`create role ${guest} login`);
      await client.query(`grant all on t to ${worker}, ${guest}; grant create on schema londiste to ${owner}`);
      await client.query(`alter function londiste.set_session_replication_role(text, boolean) owner to ${owner}`);
      await client.query(`grant execute on function londiste._may_set_role() to ${owner}`);

      await client.query(`set session authorization ${worker}`);
      await expect(client.query("insert into t values (1)")).rejects.toThrow(/change not allowed/);
      await client.query("select londiste.set_session_replication_role('replica', false)");
      await client.query("insert into t values (1)");
      await client.query("truncate t");
      await client.query("select londiste.set_session_replication_role('origin', false)");
      await expect(client.query("insert into t values (1)")).rejects.toThrow(/change not allowed/);

      await client.query(`set session authorization ${guest}`);
      await client.query("set pgq.replication_role = 'replica'");
      await expect(client.query("insert into t values (1)")).rejects.toThrow(/change not allowed/);
      await client.query("reset session authorization");
    });
  });

  test("a worker that replays by the setting writes into the queue of a branch, and captures stay silent", async () => {
    await withNode("root", async (client) => {
      await client.query("create table t (id int primary key)");
      await add(client, "t", ["capture"]);
      const before = (await storedEvents(client, "q")).length;
      await client.query("update pgq.queue set queue_disable_insert = true");
      await expect(client.query("select pgq.insert_event('q', 'x', 'y')")).rejects.toThrow(/disallowed/);

      await client.query("set pgq.replication_role = 'replica'");
      await client.query("discard plans");
      await client.query("select pgq.insert_event('q', 'x', 'y')");
      await client.query("select pgq.current_event_table('q')");
      await client.query("insert into t values (1)");

      expect((await storedEvents(client, "q")).length).toBe(before + 1);
    });
  });

  test("whoever may only read the set cannot change it", async () => {
    await withNode("root", async (client) => {
      await asRole(client, "londiste_reader", async () => {
        await client.query("select * from londiste.get_table_list('q')");
        await expect(client.query("select londiste.local_remove_table('q', 't')")).rejects.toThrow(/permission denied/);
      });
    });
  });
});
