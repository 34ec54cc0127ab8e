// The script of pgq_ext on what it may find: nothing, itself, a schema of 3.1, tables of 2.1 with data; without a superuser.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { createDatabase, majors } from "../harness/database.ts";
import { installSchema } from "../harness/schema-template.ts";
import { asRole, value } from "../harness/sessions.ts";

/** Tables and one function in the form of 2.1: no subconsumers, everything open to everybody. */
const SCHEMA_2_1 = `
  create schema pgq_ext;
  grant usage on schema pgq_ext to public;
  create table pgq_ext.completed_batch (consumer_id text not null, last_batch_id bigint not null, primary key (consumer_id));
  create table pgq_ext.completed_tick (consumer_id text not null, last_tick_id bigint not null, primary key (consumer_id));
  create table pgq_ext.partial_batch (consumer_id text not null, cur_batch_id bigint not null, primary key (consumer_id));
  create table pgq_ext.completed_event (consumer_id text not null, batch_id bigint not null, event_id bigint not null,
    primary key (consumer_id, batch_id, event_id));
  create function pgq_ext.set_batch_done(a_consumer text, a_batch_id bigint) returns boolean language plpgsql
    security definer as $$ begin return true; end $$;
  insert into pgq_ext.completed_batch values ('mover', 10);
  insert into pgq_ext.completed_tick values ('serial', 20);
  insert into pgq_ext.partial_batch values ('mailer', 30);
  insert into pgq_ext.completed_event values ('mailer', 30, 300)`;

const KNOWN = `select pgq_ext.is_batch_done('mover', 10), pgq_ext.get_last_tick('serial')::int,
                      pgq_ext.is_event_done('mailer', 30, 300)`;

describe.each(majors())("installing pgq_ext on PostgreSQL %i", (major) => {
  test("installing pgq_ext a second time changes nothing", async () => {
    await using database = await createDatabase(major, "template1");
    await installSchema(database, "pgq_ext");
    const client = await database.connect();
    await client.query("select pgq_ext.set_last_tick('serial', 20)");
    const before = await catalog(client);

    await installSchema(database, "pgq_ext");

    expect(await catalog(client)).toEqual(before);
    expect(await value(client, "select pgq_ext.get_last_tick('serial')")).toBe("20");
  });

  test("positions stored in tables of 2.1 are still known after the installation", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    await client.query(SCHEMA_2_1);

    await installSchema(database, "pgq_ext");

    const { rows } = await client.query(KNOWN);
    expect(rows).toEqual([{ is_batch_done: true, get_last_tick: 20, is_event_done: true }]);
    expect(await value(client, "select pgq_ext.upgrade_schema()")).toBe(0);
  });

  test("an interrupted installation over 2.1 leaves the old schema as it was", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    await client.query(SCHEMA_2_1);
    const before = await catalog(client);

    await client.query("begin");
    await client.query(renderSchema("pgq_ext"));
    await client.query("rollback");

    expect(await catalog(client)).toEqual(before);
  });

  test("consumers that are not in pgq_writer keep their rights when an open schema is taken over", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    await client.query(SCHEMA_2_1);
    const consumer = `${database.name}_consumer`;
    await client.query(`create role ${consumer}`);

    await installSchema(database, "pgq_ext");
    await installSchema(database, "pgq_ext");

    const done = await asRole(client, consumer, () => value(client, "select pgq_ext.set_batch_done('mover', 11)"));
    const refused = asRole(client, consumer, () => client.query("select pgq_ext.forget_consumer('mover')"));
    expect(done).toBe(true);
    await expect(refused).rejects.toThrow(/permission denied for function forget_consumer/);
    await client.query(`drop role ${consumer}`);
  });

  test("an ordinary role installs pgq_ext in its database", async () => {
    await using database = await createDatabase(major, "template1");
    await installSchema(database, "pgq_ext"); // makes pgq_writer, which belongs to the server
    const client = await database.connect();
    const owner = `${database.name}_owner`;
    await client.query(`drop schema pgq_ext cascade; create role ${owner};
      grant create on database ${database.name} to ${owner}`);

    const batch = await asRole(client, owner, async () => {
      await client.query(renderSchema("pgq_ext"));
      return value(client, "select pgq_ext.set_batch_done('mover', 11)");
    });

    expect(batch).toBe(true);
    await client.query(`drop owned by ${owner} cascade; drop role ${owner}`);
  });

  test("the owner of the schema renews it without the right to create one", async () => {
    await using database = await createDatabase(major, "template1");
    await installSchema(database, "pgq_ext");
    const client = await database.connect();
    const owner = `${database.name}_owner`;
    await client.query(
      `drop schema pgq_ext cascade; create role ${owner}; create schema pgq_ext authorization ${owner}`,
    );

    await asRole(client, owner, () => client.query(renderSchema("pgq_ext")));
    await asRole(client, owner, () => client.query(renderSchema("pgq_ext")));

    expect(await value(client, "select pgq_ext.version()")).toBe("3.1");
    await client.query(`drop owned by ${owner} cascade; drop role ${owner}`);
  });
});

/** Everything of the schema that a definition has. */
async function catalog(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query(`
    select oid::regprocedure::text as name, pg_get_functiondef(oid) as definition, proacl::text as rights
      from pg_proc where pronamespace = 'pgq_ext'::regnamespace
     union all
    select attrelid::regclass || '.' || attname, format_type(atttypid, atttypmod) || attnotnull || atthasdef, null
      from pg_attribute join pg_class c on c.oid = attrelid
     where relnamespace = 'pgq_ext'::regnamespace and attnum > 0
     union all
    select conname, pg_get_constraintdef(oid), null from pg_constraint where connamespace = 'pgq_ext'::regnamespace
     order by 1, 2`);
  return rows;
}
