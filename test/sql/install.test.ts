// The script that installs the schema: repeatable, without superuser, over what an older version left.
import pg from "pg";
import { describe, expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { createDatabase, majors, serverUrl } from "../harness/database.ts";
import { consume, createQueue, tick, value } from "./queue-steps.ts";

const OBJECTS = `
  select array_agg(o order by o) from (
    select relname || ':' || relkind::text || ':' || coalesce(relacl::text, '') as o from pg_class where relnamespace = 'pgq'::regnamespace
    union all
    select oid::regprocedure || ':' || md5(prosrc) || coalesce(proacl::text, '') from pg_proc where pronamespace = 'pgq'::regnamespace
  ) x`;

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("installing again changes nothing", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    const before = await value<string[]>(client, OBJECTS);

    await client.query(renderSchema("pgq"));

    expect(await value<string[]>(client, OBJECTS)).toEqual(before);
  });

  test("installing over queues without helpers keeps their events and makes the helpers", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("select pgq.insert_event('q', 't', 'old')");
    await client.query("drop sequence pgq.queue_1_switch_seq, pgq.queue_1_tx_seq");
    await client.query(
      "drop function pgq._insert_1, pgq._insert_dispatch, pgq.get_queue_info(), pgq.get_queue_info(text)",
    );
    await client.query(
      "create function pgq.get_queue_info(out queue_name text) returns setof text language sql as 'select 1::text'",
    );

    await client.query(renderSchema("pgq"));
    await client.query("select pgq.insert_event('q', 't', 'new')");
    await tick(client, "q");

    expect(await consume(client, "q", "c")).toEqual(["old", "new"]);
    expect(await value(client, "select count(*)::int from pg_class where relname like 'queue\\_1\\_%'")).toBe(2);
  });

  test("installing waits for nobody who reads or writes events", async () => {
    await using db = await createDatabase(major);
    const [client, producer] = [await db.connect(), await db.connect()];
    await createQueue(client, "q", "c");
    await producer.query("begin");
    await producer.query("select pgq.insert_event('q', 't', 'd')");
    await producer.query("select * from pgq.tick, pgq.subscription, pgq.consumer, pgq.retry_queue");

    await client.query("set lock_timeout = '2s'");
    await client.query(renderSchema("pgq"));
    await producer.query("commit");

    expect(await value(client, "select count(*)::int from pgq.event_1")).toBe(1);
  });

  test("the owner of a database with CREATEROLE installs and uses it without being superuser", async () => {
    await using db = await createDatabase(major, "template1");
    const root = new pg.Client(serverUrl(major));
    await root.connect();
    const owner = `owner_${db.name}`;
    await root.query(`create role ${owner} login createrole`);
    await root.query(`alter database ${db.name} owner to ${owner}`);
    const client = await db.connect(owner);

    await client.query(renderSchema("pgq"));
    await createQueue(client, "q", "c");
    await client.query("select pgq.insert_event('q', 't', 'd')");
    await tick(client, "q");
    const seen = await consume(client, "q", "c");
    await client.query("select pgq.drop_queue('q', true)");
    await db.drop();
    await root.query(`drop role ${owner}`);
    await root.end();

    expect(seen).toEqual(["d"]);
  });

  test("dropping a queue leaves nothing of it behind", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const before = await value<string[]>(client, OBJECTS);

    await createQueue(client, "q", "c");
    await client.query("select pgq.insert_event('q', 't', 'd')");
    await client.query("select pgq.drop_queue('q', true)");

    expect(await value<string[]>(client, OBJECTS)).toEqual(before);
  });

  test("sequences that were reset by a restore are raised above the ids in use", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("alter sequence pgq.queue_queue_id_seq restart; alter sequence pgq.consumer_co_id_seq restart");

    await client.query("select pgq.upgrade_schema()");

    await createQueue(client, "r", "d");
    expect(await value(client, "select queue_id from pgq.queue where queue_name = 'r'")).toBe(2);
  });
});
