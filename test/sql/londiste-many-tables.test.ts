// Sets of thousands of tables: what is asked of one of them, or of all, does not look at all of them for each.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { value } from "../harness/sessions.ts";

const MEMBERS = 30;

describe.each(majors())("a set of many tables on PostgreSQL %i", (major) => {
  let template: TestDatabase;
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    template = await createSchemaTemplate(major, "pgq_template", ["pgq_node", "londiste"]);
    database = await createDatabase(major, template.name);
    client = await database.connect();
    await client.query(`
      select pgq_node.register_location('q', 'here', 'dbname=here', false);
      select pgq_node.create_node('q', 'root', 'here', 'w', null, null, null);
      set track_functions = 'all'`);
    await client.query(`
      do $$ begin for i in 1..${MEMBERS} loop execute format('create table t%s (id serial primary key)', i); end loop; end $$;
      select londiste.local_add_table('q', 't' || i) from generate_series(1, ${MEMBERS}) i`);
  });
  afterAll(async () => {
    await database.drop();
    await template.drop();
  });

  /** Of the function while these statements run. */
  async function calls(name: string, statement: string): Promise<number> {
    await client.query("begin");
    await client.query(statement);
    const sql = "select coalesce(sum(calls), 0)::int4 from pg_stat_xact_user_functions where funcname = $1";
    const count = await value<number>(client, sql, [name]);
    await client.query("commit");
    return count ?? -1;
  }

  test("a list of tables that are in sync asks for no copy what it waits for", async () => {
    const asked = await calls("_coordinate_copy", "select * from londiste.get_table_list('q')");

    expect(asked).toBe(0);
    expect(await value(client, "select count(*)::int4 from londiste.get_table_list('q')")).toBe(MEMBERS);
  });

  test("a sequence that is added publishes its own value only", async () => {
    const asked = await calls(
      "seq_getval",
      `select londiste.local_add_seq('q', 't' || i || '_id_seq') from generate_series(1, ${MEMBERS}) i`,
    );

    expect(asked).toBeLessThan(MEMBERS * 5);
    const published = "select count(*)::int4 from londiste.seq_info where last_value = 30001";
    expect(await value(client, published)).toBe(MEMBERS);
  });
});
