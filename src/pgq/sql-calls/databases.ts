// The databases of a server.
import type { Executor } from "../database.ts";

/** Those that this role can connect to, by name; no templates. */
export async function readDatabases(db: Executor): Promise<string[]> {
  const rows = await db.query<{ datname: string }>(
    `select datname::text as datname from pg_database
        where datallowconn and not datistemplate and has_database_privilege(oid, 'connect')
        order by datname`,
  );
  return rows.map((row) => row.datname);
}
