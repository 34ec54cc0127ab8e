// A database with the C extension of Debian becomes ours while others produce and consume.
import { existsSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { runCli } from "../harness/run-cli.ts";
import {
  type Consumer,
  type Producer,
  startConsumer,
  startProducer,
  startTicker,
  type Work,
} from "../harness/traffic.ts";
import { until } from "../harness/until.ts";

const DEBIAN = "/usr/lib/postgresql/15";
const hasExtension = existsSync("/usr/share/postgresql/15/extension/pgq.control");

const forms = [
  { form: "the extension", version: "3.5", prepare: [] as string[] },
  {
    form: "a loose schema",
    version: null, // since 3.4 only the extension knows it
    prepare: [
      `do $$ declare m record; begin
         for m in select i.type, i.identity from pg_depend d, pg_identify_object(d.classid, d.objid, 0) i
                   where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
                     and d.refobjid = (select oid from pg_extension where extname = 'pgq')
         loop execute format('alter extension pgq drop %s %s', m.type, m.identity); end loop; end $$`,
      "drop extension pgq",
    ],
  },
];

describe.runIf(hasExtension)("taking over the C version", () => {
  let cluster: Cluster;
  let clients: pg.Client[];

  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client(cluster.url(database));
    await client.connect();
    clients.push(client);
    return client;
  };
  const database = async (name: string, sql: string[]): Promise<pg.Client> => {
    const maintenance = await connect("postgres");
    await maintenance.query(`create database ${name}`);
    const client = await connect(name);
    for (const statement of sql) await client.query(statement);
    return client;
  };

  beforeAll(async () => {
    clients = [];
    cluster = await startCluster({ binaries: DEBIAN, settings: { max_connections: "60" } });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await cluster.stop();
  });

  test.each(forms)("$form with traffic running loses and repeats no event", async ({ form, version, prepare }) => {
    const name = form.replaceAll(" ", "_");
    const admin = await database(name, [
      "create extension pgq",
      ...prepare,
      "select pgq.create_queue('q')",
      "update pgq.queue set queue_ticker_max_lag = '0.02', queue_rotation_period = '0.5'",
      "select pgq.register_consumer('q', 'c')",
      "create table orders (id int primary key, note text)",
      "create trigger capture after insert or update or delete on orders for each row execute function pgq.logutriga('q')",
    ]);
    const oids = "select array_agg(oid order by oid) from pg_proc where pronamespace = 'pgq'::regnamespace";
    const oidsBefore = (await admin.query<{ array_agg: number[] }>(oids)).rows[0]!.array_agg;

    const work: Work[] = [startTicker(await connect(name))];
    const consumer: Consumer = startConsumer(await connect(name), "q", "c");
    // the C version may lose what "repeatable read" produces during a rotation; ours may not
    const produce = async (number: number, level: string): Promise<Producer> =>
      startProducer(await connect(name), "q", number, level);
    const producers = [await produce(1, "read committed"), await produce(2, "read committed")];
    const seenAtLeast = (count: number) => (): boolean => {
      for (const part of [...work, consumer, ...producers]) part.check();
      return consumer.seen.length >= count;
    };
    await until(seenAtLeast(100), { what: "traffic before", timeoutMs: 60_000 });

    const { status, stdout, stderr } = await runCli(["install", "pgq", "--db", cluster.url(name), "--json"]);
    const atTakeover = consumer.seen.length;
    producers.push(await produce(3, "repeatable read"), await produce(4, "serializable"));
    await until(seenAtLeast(atTakeover + 300), { what: "traffic behind", timeoutMs: 60_000 });
    const produced = (await Promise.all(producers.map((producer) => producer.stop()))).flat();
    await until(() => new Set(consumer.seen).size >= produced.length, { what: "the rest" });
    await consumer.stop();
    await Promise.all(work.map((item) => item.stop()));

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "taken over", fromVersion: version });
    expect([...consumer.seen].sort()).toEqual([...produced].sort());
    const oidsAfter = (await admin.query<{ array_agg: number[] }>(oids)).rows[0]!.array_agg;
    expect(oidsBefore.filter((oid) => !oidsAfter.includes(oid))).toEqual([]);
    const { rows } = await admin.query(
      `select (select count(*) from pg_extension where extname = 'pgq') as extensions,
              (select count(*) from pg_proc p join pg_language l on l.oid = p.prolang
                where pronamespace = 'pgq'::regnamespace and lanname = 'c') as c_functions`,
    );
    expect(rows).toEqual([{ extensions: "0", c_functions: "0" }]);
  });

  test("unread and retry events, an open batch and a trigger of before go on working", async () => {
    const client = await database("kept", [
      "create extension pgq",
      "select pgq.create_queue('q')",
      "select pgq.register_consumer('q', 'c')",
      "create table t (id int primary key, v text)",
      "create trigger capture after insert on t for each row execute function pgq.logutriga('q')",
      "insert into t values (1, 'before')",
      "select pgq.insert_event('q', 'x', 'retry me')",
      "select pgq.force_tick('q')",
      "select pgq.ticker()",
    ]);
    const batch = await client.query<{ id: string }>("select pgq.next_batch('q', 'c') as id");
    const id = batch.rows[0]!.id;
    await client.query(
      "select pgq.event_retry($1::bigint, ev_id, 0) from pgq.get_batch_events($1::bigint) where ev_data = 'retry me'",
      [id],
    );

    await runCli(["install", "pgq", "--db", cluster.url("kept")]);
    await client.query("insert into t values (2, 'behind')");
    const same = await client.query("select pgq.next_batch('q', 'c') as id");
    const events = await client.query("select ev_type, ev_data from pgq.get_batch_events($1)", [id]);
    await client.query("select pgq.finish_batch($1)", [id]);
    await client.query("select pgq.maint_retry_events()");
    await client.query("select pgq.force_tick('q')");
    await client.query("select pgq.ticker()");
    const next = await client.query(
      "select ev_data from pgq.get_batch_events(pgq.next_batch('q', 'c')) order by ev_id",
    );

    expect(same.rows).toEqual([{ id }]);
    expect(events.rows).toEqual([
      { ev_type: "I:id", ev_data: "id=1&v=before" },
      { ev_type: "x", ev_data: "retry me" },
    ]);
    expect(next.rows).toEqual([{ ev_data: "retry me" }, { ev_data: "id=2&v=behind" }]);
  });

  test("extensions that depend on pgq become plain schemas and go on working", async () => {
    const client = await database("dependents", [
      "create extension pgq",
      "create extension pgq_node",
      "select pgq_node.register_location('set', 'n1', 'dbname=x', false)",
      "select pgq_node.create_node('set', 'root', 'n1', 'n1_worker', null, null, null)",
    ]);

    const { status } = await runCli(["install", "pgq", "--db", cluster.url("dependents")]);
    const { rows } = await client.query(
      `select node_type, (select count(*) from pg_extension where extname like 'pgq%') as extensions,
              pgq.insert_event('set', 't', 'd') > 0 as inserted
         from pgq_node.get_node_info('set')`,
    );

    expect(status).toBe(0);
    expect(rows).toEqual([{ node_type: "root", extensions: "0", inserted: true }]);
    expect((await runCli(["uninstall", "pgq", "--force", "--db", cluster.url("dependents")])).stderr).toContain(
      "pgq_node",
    );
  });

  test("rights that everybody had are taken away, those of other roles stay", async () => {
    const client = await database("rights", [
      "create extension pgq",
      "create role app",
      "grant execute on all functions in schema pgq to public",
      "grant all on all tables in schema pgq to public",
      "grant execute on function pgq.insert_event(text, text, text) to app",
    ]);

    await runCli(["install", "pgq", "--db", cluster.url("rights")]);
    const { rows } = await client.query(
      `select has_function_privilege('app', 'pgq.insert_event(text, text, text)', 'execute') as app,
              has_function_privilege('app', 'pgq.create_queue(text)', 'execute') as everybody,
              has_table_privilege('app', 'pgq.queue', 'insert') as writes,
              has_table_privilege('app', 'pgq.queue', 'select') as reads`,
    );

    expect(rows).toEqual([{ app: true, everybody: false, writes: false, reads: true }]);
  });

  test("a role that does not own the extension is told what an administrator has to do", async () => {
    const client = await database("foreign_owner", ["create extension pgq", "create role someone login"]);
    const { status, stderr } = await runCli([
      "install",
      "pgq",
      "--db",
      cluster.url("foreign_owner").replace("postgres@", "someone@"),
    ]);

    expect(status).toBe(1);
    expect(stderr).toContain("alter schema pgq owner to someone;");
    expect((await client.query("select 1 from pg_extension where extname = 'pgq'")).rowCount).toBe(1);
  });

  test("an unknown extension that depends on pgq stops the take-over, and nothing is changed", async () => {
    const client = await database("unknown_dependent", [
      "create extension pgq",
      "create extension pgcrypto",
      `insert into pg_depend select 'pg_extension'::regclass, p.oid, 0, 'pg_extension'::regclass, q.oid, 0, 'n'
         from pg_extension p, pg_extension q where p.extname = 'pgcrypto' and q.extname = 'pgq'`,
    ]);

    const { status, stderr } = await runCli(["install", "pgq", "--db", cluster.url("unknown_dependent")]);

    expect(status).toBe(1);
    expect(stderr).toContain("extension pgcrypto depends on extension pgq");
    expect((await client.query("select 1 from pg_extension where extname = 'pgq'")).rowCount).toBe(1);
  });
});
