create or replace function londiste.is_replica_func(func_oid oid)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: londiste.is_replica_func(1)
--      True for the trigger functions that log changes into a queue.
-- ----------------------------------------------------------------------
    select count(*) > 0
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
     where p.oid = func_oid
       and n.nspname = 'pgq'
       and p.proname in ('sqltriga', 'logutriga', 'jsontriga');
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
