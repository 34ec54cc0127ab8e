// A script may set what it likes for itself; what is replayed behind it must not depend on that. Dumps begin with such
// settings.
import type { Queryable } from "../../postgres/index.ts";

/** Settings of a session by name; the role, and what makes it a replaying one, are no part of them. */
export type SessionSettings = ReadonlyMap<string, string>;

const SETTABLE = `(select * from pg_catalog.pg_settings
  where context in ('user', 'superuser') and name <> 'session_replication_role')`;

export async function readSettings(db: Queryable): Promise<SessionSettings> {
  const rows = await db.query<{ name: string; setting: string | null }>(`select name, setting from ${SETTABLE} s`);
  return new Map(rows.map(({ name, setting }) => [name, setting ?? ""]));
}

/** Takes back what was set since, in the session and in the transaction alike. */
export async function restoreSettings(db: Queryable, settings: SessionSettings): Promise<void> {
  await db.execute("reset session authorization; reset role");
  await db.query(
    `select count(pg_catalog.set_config(s.name, b.value, false))
       from pg_catalog.json_each_text($1::json) b (name, value) join ${SETTABLE} s using (name)
      where s.setting is distinct from b.value`,
    [JSON.stringify(Object.fromEntries(settings))],
  );
}
