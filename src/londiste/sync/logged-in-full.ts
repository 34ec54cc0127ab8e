// Whether every change of a table on a root comes into the queue, as a whole row. Below the root rows only change by events.
import type { Queryable } from "../../postgres/index.ts";

/** Logging triggers for the queue that pass all on: $1 the table, $2 the queue. Flags: 4 insert, 8 delete, 16 update. */
const ROW_TRIGGERS = `
  select coalesce(bit_or(g.tgtype::int & 28), 0) = 28 as found
    from pg_trigger g
    join pg_proc f on f.oid = g.tgfoid
    join pg_namespace n on n.oid = f.pronamespace
   cross join lateral (select string_to_array(encode(g.tgargs, 'escape'), '\\000')) a (args)
   where g.tgrelid = (select c.oid from pg_class c join pg_namespace s on s.oid = c.relnamespace
                       where s.nspname || '.' || c.relname = $1::text)
     and not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgqual is null and cardinality(g.tgattr::int2[]) = 0
     and g.tgtype::int & 3 = 1
     and n.nspname = 'pgq' and f.proname in ('logutriga', 'jsontriga')
     and a.args[1] = $2
     and not exists (select from unnest(a.args[2:]) e (arg) where e.arg !~ '^($|backup$|pkey=|ev_extra1=)')`;

const CAPTURES = `
  select exists (
    select from pgq.get_capture_info($2::text) i
     where to_regclass(i.table_name) = (select c.oid from pg_class c join pg_namespace s on s.oid = c.relnamespace
                                         where s.nspname || '.' || c.relname = $1::text)
       and i.state = 'ok'
       and coalesce(i.options->'ops' @> '["INSERT", "UPDATE", "DELETE"]', true)
       and not exists (select from jsonb_object_keys(i.options) o (name)
                        where o.name not in ('ops', 'pkey', 'backup', 'via_root', 'form', 'ev_extra1'))
       and not exists (select from pg_trigger g
                        where g.tgrelid = to_regclass(i.table_name) and g.tgname = any (i.trigger_names)
                          and g.tgenabled not in ('O', 'A'))) as found`;

export async function isLoggedInFull(source: Queryable, table: string, queue: string): Promise<boolean> {
  if ((await source.one<{ found: boolean }>(ROW_TRIGGERS, [table, queue])).found) return true;
  const { hasCaptures } = await source.one<{ hasCaptures: boolean }>(
    `select pg_catalog.to_regprocedure('pgq.get_capture_info(text)') is not null as "hasCaptures"`,
  );
  return hasCaptures && (await source.one<{ found: boolean }>(CAPTURES, [table, queue])).found;
}
