create or replace function pgq._row_triggers(
    out trigger_oid oid, out trigger_table oid, out trigger_name name, out format text,
    out args text[], out args_text text, out shape text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._row_triggers(0)
--      The AFTER row triggers of the compatible kind. args_text is what
--      TG_ARGV::text gives in them, where the array begins at 0.
-- ----------------------------------------------------------------------
    select t.oid, t.tgrelid, t.tgname,
           case p.proname when 'logutriga' then 'url' when 'sqltriga' then 'sql' else 'json' end,
           a.args,
           pg_catalog.concat('[0:', t.tgnargs - 1, ']=', a.args::text),
           pgq._trigger_shape(t.tgrelid)
      from pg_trigger t
      join pg_proc p on p.oid = t.tgfoid
     cross join lateral (select pgq._trigger_args(t.tgargs) as args) a
     where p.pronamespace = 'pgq'::regnamespace
       and p.proname in ('logutriga', 'sqltriga', 'jsontriga')
       and t.tgtype & (1 + 2 + 64) = 1 -- for each row, neither before nor instead of
       and t.tgnargs > 0;
$$ language sql stable set search_path = pg_catalog, pg_temp;
