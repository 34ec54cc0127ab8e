// skytools install pgq_node: into a database with pgq, again, over an older one, and out again.
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { value } from "../harness/sessions.ts";

/** Tables in the form of 3.0: no attributes; the old result of get_node_info. */
const SCHEMA_3_0 = `
  create schema pgq_node;
  create table pgq_node.node_location (queue_name text not null, node_name text not null, node_location text not null,
    dead boolean not null default false, primary key (queue_name, node_name));
  create table pgq_node.node_info (queue_name text not null primary key, node_type text not null, node_name text not null,
    worker_name text, combined_queue text, foreign key (queue_name, node_name) references pgq_node.node_location,
    check (node_type in ('root', 'branch', 'leaf')), constraint node_info_check check (worker_name is not null));
  create table pgq_node.local_state (queue_name text not null references pgq_node.node_info, consumer_name text not null,
    provider_node text not null, last_tick_id bigint not null, cur_error text, paused boolean not null default false,
    uptodate boolean not null default false, primary key (queue_name, consumer_name),
    foreign key (queue_name, provider_node) references pgq_node.node_location);
  create table pgq_node.subscriber_info (queue_name text not null references pgq_node.node_info,
    subscriber_node text not null, worker_name text not null references pgq.consumer (co_name),
    watermark_name text not null references pgq.consumer (co_name), primary key (queue_name, subscriber_node),
    foreign key (queue_name, subscriber_node) references pgq_node.node_location);
  create function pgq_node.get_node_info(i_queue_name text, out ret_code int4, out ret_note text, out node_type text)
    language sql as $$ select 100, 'Ok', 'root' $$;
  insert into pgq_node.node_location values ('orders', 'n1', 'dbname=n1');
  insert into pgq_node.node_info values ('orders', 'leaf', 'n1', 'worker');
  insert into pgq_node.local_state values ('orders', 'worker', 'n1', 77)`;

describe.each(majors())("installing pgq_node on PostgreSQL %i", (major) => {
  test("skytools install pgq_node makes the schema, and doctor has nothing to say; the second time changes nothing", async () => {
    await using database = await createDatabase(major);

    const first = await runCli(["install", "pgq_node", "--db", database.url, "--json"]);
    const doctor = await runCli(["doctor", "pgq_node", "--db", database.url]);
    const second = await runCli(["install", "pgq_node", "--db", database.url, "--json"]);

    expect(JSON.parse(first.stdout)).toMatchObject({ outcome: "fresh" });
    expect(doctor.status).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ outcome: "unchanged", functionsChanged: [] });
  });

  test("a database without pgq gets pgq first", async () => {
    await using database = await createDatabase(major, "template1");

    const { status, stderr } = await runCli(["install", "pgq_node", "--db", database.url]);

    expect(status).not.toBe(0);
    expect(stderr).toContain("pgq_node needs pgq");
  });

  test("a node of an older pgq_node is taken over with its position, and gets attributes", async () => {
    await using database = await createDatabase(major);
    const client = await database.connect();
    await client.query(SCHEMA_3_0);

    const { status } = await runCli(["install", "pgq_node", "--db", database.url]);

    expect(status).toBe(0);
    const { rows } = await client.query(
      "select node_type, worker_last_tick::int, node_attrs, target_for from pgq_node.get_node_info('orders')",
    );
    expect(rows).toEqual([{ node_type: "leaf", worker_last_tick: 77, node_attrs: null, target_for: null }]);
  });

  test("a schema pgq_node that is something else is refused and left alone", async () => {
    await using database = await createDatabase(major);
    const client = await database.connect();
    await client.query("create schema pgq_node; create table pgq_node.mine ()");

    const { status, stderr } = await runCli(["install", "pgq_node", "--db", database.url]);

    expect(status).not.toBe(0);
    expect(stderr).toContain("schema pgq_node exists and is not that of SkyTools 3");
    expect(await value(client, "select to_regclass('pgq_node.node_info')::text")).toBeNull();
  });

  test("a role that does not own pgq is told how to get pgq_node", async () => {
    await using database = await createDatabase(major);
    const client = await database.connect();
    const role = `${database.name}_role`;
    await client.query(`create role ${role} login in role pgq_admin`);
    const url = new URL(database.url);
    url.username = role;

    const { status, stderr } = await runCli(["install", "pgq_node", "--db", url.href]);

    expect(status).not.toBe(0);
    expect(stderr).toContain("does not own schema pgq");
    await client.query(`drop role ${role}`);
  });

  test("an ordinary role that owns pgq makes a root, demotes it and promotes a branch", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    const role = `${database.name}_role`;
    await client.query(`create role ${role} login createrole; grant create on database ${database.name} to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    await runCli(["install", "pgq", "--db", url.href]);
    const { status } = await runCli(["install", "pgq_node", "--db", url.href]);
    expect(status).toBe(0);
    await client.query(`set role ${role}`);

    await client.query(`select pgq_node.register_location('q', 'a', 'dbname=a', false);
      select pgq_node.register_location('q', 'b', 'dbname=b', false);
      select pgq_node.create_node('q', 'root', 'a', 'worker', null, null, null)`);
    const notes = [];
    for (const step of [1, 2, 3])
      notes.push(await value(client, `select ret_code from pgq_node.demote_root('q', ${step}, 'b')`));
    notes.push(await value(client, "select ret_code from pgq_node.promote_branch('q')"));

    expect(notes).toEqual([200, 200, 200, 200]);
    await client.query(`reset role; drop owned by ${role} cascade; drop role ${role}`);
  });

  test("dropping a node where there is none leaves a plain queue of that name alone", async () => {
    await using database = await createDatabase(major);
    await runCli(["install", "pgq_node", "--db", database.url]);
    const client = await database.connect();
    await client.query("select pgq.create_queue('plain')");

    await client.query("select pgq_node.drop_node('plain', 'anything')");

    expect(await value(client, "select count(*)::int from pgq.queue where queue_name = 'plain'")).toBe(1);
  });

  test("skytools uninstall pgq_node removes the schema and leaves pgq", async () => {
    await using database = await createDatabase(major);
    await runCli(["install", "pgq_node", "--db", database.url]);
    const client = await database.connect();

    const { status } = await runCli(["uninstall", "pgq_node", "--db", database.url]);

    expect(status).toBe(0);
    expect(await value(client, "select to_regnamespace('pgq_node')::text")).toBeNull();
    expect(await value(client, "select pgq.version()")).toBe("3.5.2");
  });
});
