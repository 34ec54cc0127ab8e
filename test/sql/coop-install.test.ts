// The script of pgq_coop on what it may find: no pgq, itself with batches open, the functions of the reference; without a
// superuser.
import { describe, expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import * as crew from "../harness/crew.ts";
import { createDatabase, majors } from "../harness/database.ts";
import { installSchema } from "../harness/schema-template.ts";
import { asRole, value } from "../harness/sessions.ts";

const ann = { queue: "jobs", consumer: "crew", name: "ann" };

/** Functions of other definition under the reference's names, open to everybody. */
const LOOSE_SCHEMA = `
  create schema pgq_coop;
  create function pgq_coop.version() returns text language sql as $$ select '3.1'::text $$;
  create function pgq_coop.finish_batch(i_batch_id bigint) returns integer language plpgsql security definer
    as $$ begin return 1; end $$;
  create function pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text) returns bigint
    language plpgsql as $$ begin return null; end $$`;

describe.each(majors())("installing pgq_coop on PostgreSQL %i", (major) => {
  test("a database without pgq is refused with the name of what is missing", async () => {
    await using database = await createDatabase(major, "template1");

    await expect(installSchema(database, "pgq_coop")).rejects.toThrow("pgq_coop needs schema pgq");
  });

  test("a batch that is open during the installation stays with its worker", async () => {
    await using database = await createDatabase(major);
    await installSchema(database, "pgq_coop");
    const client = await database.connect();
    await crew.createQueue(client, "jobs");
    await crew.register(client, ann);
    await crew.addBatch(client, "jobs", "a");
    const batch = await crew.nextBatch(client, ann);

    await installSchema(database, "pgq_coop");

    expect(await crew.nextBatch(client, ann)).toBe(batch);
    expect(await crew.finishBatch(client, ann, batch)).toBe(1);
  });

  test("functions that are there under the old names are replaced", async () => {
    await using database = await createDatabase(major);
    const client = await database.connect();
    await client.query(LOOSE_SCHEMA);

    await installSchema(database, "pgq_coop");

    expect(await value(client, "select pgq_coop.version()")).toBe("3.1.1");
    expect(await value(client, "select pgq_coop.finish_batch(77)")).toBe(0);
    expect(
      await value(client, "select has_function_privilege('public', 'pgq_coop.finish_batch(bigint)', 'execute')"),
    ).toBe(false);
  });

  test("an ordinary role that owns pgq installs pgq_coop and its workers work", async () => {
    await using database = await createDatabase(major, "template1");
    const client = await database.connect();
    const owner = `${database.name}_owner`;
    await client.query(`create role ${owner}; grant create on database ${database.name} to ${owner}`);

    const finished = await asRole(client, owner, async () => {
      await client.query(renderSchema("pgq"));
      await client.query(renderSchema("pgq_coop"));
      await crew.createQueue(client, "jobs");
      await crew.register(client, ann);
      await crew.addBatch(client, "jobs", "a");
      return crew.finishBatch(client, ann, await crew.nextBatch(client, ann));
    });

    expect(finished).toBe(1);
    await client.query(`drop owned by ${owner} cascade; drop role ${owner}`);
  });
});
