// Template databases with more schemas than `pgq_template` has, for test files that make many databases.
import pg from "pg";
import { renderSchema } from "../../src/pgq/index.ts";
import { createDatabase, type TestDatabase } from "./database.ts";

/** Makes a database from `base` and installs the schemas in it; its name serves as template for `createDatabase`. */
export async function createSchemaTemplate(
  major: number,
  base: string,
  schemas: readonly string[],
): Promise<TestDatabase> {
  const database = await createDatabase(major, base);
  for (const schema of schemas) await installSchema(database, schema);
  return database;
}

/** Installs a schema, or does so again, over a connection that is closed at once: a template must have none. */
export async function installSchema(database: TestDatabase, schema: string): Promise<void> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    await client.query("begin");
    await client.query(renderSchema(schema));
    await client.query("commit");
  } finally {
    await client.end();
  }
}
