// Conflicts that did not stop the replay, and events that were skipped, as a node has noted them in londiste.conflict.
import type { Queryable } from "../../postgres/index.ts";

export interface ConflictNote {
  /** Name in the set. */
  readonly table: string;
  /** The end of the batch. Ids of events and transactions are those of the provider. */
  readonly tick: bigint;
  readonly event: bigint;
  readonly txid: bigint;
  /** As in src/londiste/apply/conflict.ts; skipped: an administrator wanted it so. */
  readonly kind: string;
  /** What was done: keep, overwrite, quarantine or skip. */
  readonly policy: string;
  readonly operation: string;
  /** Column → value; null: not known. */
  readonly key: Readonly<Record<string, string | null>> | null;
  readonly type: string | null;
  readonly data: string | null;
  /** Characters that the event had; more than `data` has when it was cut. */
  readonly dataLength: number | null;
  /** The server's words. */
  readonly reason: string | null;
}

export interface NotedConflict extends ConflictNote {
  readonly time: string;
}

/** More of a table are forgotten, the oldest first: who has so many needs `compare`, not a list. */
export const KEPT_CONFLICTS = 1000;

/** False for the C schema, one that was installed by an earlier release, and a role that may not. */
async function may(db: Queryable, right: "select" | "insert, delete"): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select coalesce(bool_and(pg_catalog.has_table_privilege(pg_catalog.to_regclass('londiste.conflict'), r.name)), false) as found
       from pg_catalog.unnest(pg_catalog.string_to_array($1::text, ', ')) r (name)`,
    [right],
  );
  return found;
}

const NOTE = `
  insert into londiste.conflict (queue_name, table_name, tick_id, event_id, event_txid, kind, policy, operation, row_key,
         event_type, event_data, data_length, reason)
  select $1::text, n."table", n.tick, n.event, n.txid, n.kind, n.policy, n.operation, n.key, n.type, n.data, n."dataLength",
         n.reason
    from rows from (pg_catalog.json_to_recordset($2::json) as ("table" text, tick int8, event int8, txid int8, kind text,
         policy text, operation text, key text, type text, data text, "dataLength" int8, reason text))
         with ordinality n ("table", tick, event, txid, kind, policy, operation, key, type, data, "dataLength", reason, ord)
   order by n.ord`;

const FORGET_OLD = `
  delete from londiste.conflict c
   using pg_catalog.unnest($2::text[]) t (name)
   cross join lateral (select o.nr from londiste.conflict o where o.queue_name = $1::text and o.table_name = t.name
                        order by o.nr desc offset $3::int8 limit 1) last
   where c.queue_name = $1::text and c.table_name = t.name and c.nr <= last.nr`;

/** In the order given. On any schema. @returns false when they cannot be noted here */
export async function noteConflicts(db: Queryable, queue: string, notes: readonly ConflictNote[]): Promise<boolean> {
  if (!(await may(db, "insert, delete"))) return false;
  const rows = notes.map((note) => ({
    ...note,
    ...{ tick: String(note.tick), event: String(note.event), txid: String(note.txid) },
    key: note.key === null ? null : JSON.stringify(note.key),
  }));
  await db.query(NOTE, [queue, JSON.stringify(rows)]);
  await db.query(FORGET_OLD, [queue, [...new Set(notes.map(({ table }) => table))], KEPT_CONFLICTS]);
  return true;
}

/** Newest first, of these tables; null: of all. Null: there is no list that the role may read. */
export async function readConflicts(
  db: Queryable,
  queue: string,
  tables: readonly string[] | null,
): Promise<readonly NotedConflict[] | null> {
  if (!(await may(db, "select"))) return null;
  const rows = await db.query<Omit<NotedConflict, "key"> & { readonly key: string | null }>(
    `select c.table_name as table, c.tick_id as tick, c.event_id as event, c.event_txid as txid, c.kind, c.policy, c.operation,
            c.row_key as key, c.event_type as type, c.event_data as data, c.data_length::float8 as "dataLength", c.reason,
            c.noted::text as time
       from londiste.conflict c
      where c.queue_name = $1::text and ($2::text[] is null or c.table_name = any ($2::text[]))
      order by c.nr desc`,
    [queue, tables],
  );
  return rows.map((row) => ({ ...row, key: row.key === null ? null : (JSON.parse(row.key) as ConflictNote["key"]) }));
}

/** Tables that have noted conflicts, sorted; null as in readConflicts. */
export async function conflictTables(db: Queryable, queue: string): Promise<readonly string[] | null> {
  if (!(await may(db, "select"))) return null;
  const rows = await db.query<{ name: string }>(
    'select distinct c.table_name collate "C" as name from londiste.conflict c where c.queue_name = $1::text order by 1',
    [queue],
  );
  return rows.map(({ name }) => name);
}

/** @returns how many there were */
export async function clearConflicts(db: Queryable, queue: string, tables: readonly string[]): Promise<number> {
  return await db.affected(
    "delete from londiste.conflict where queue_name = $1::text and table_name = any ($2::text[])",
    [queue, tables],
  );
}

export interface ConflictSummary {
  readonly count: number;
  readonly newestAgeSeconds: number;
}

/** Null: there are none, or nobody may know. On any schema. */
export async function summarizeConflicts(db: Queryable, queue: string): Promise<ConflictSummary | null> {
  if (!(await may(db, "select"))) return null;
  return await db.maybeOne<ConflictSummary & Record<string, unknown>>(
    `select count(*)::int4 as count,
            extract(epoch from pg_catalog.clock_timestamp() - max(noted))::float8 as "newestAgeSeconds"
       from londiste.conflict where queue_name = $1::text having count(*) > 0`,
    [queue],
  );
}
