create or replace function londiste.hold_triggers(i_table text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: londiste.hold_triggers(1)
--      Disables the triggers of users on a table and its partitions, and
--      remembers them. For nodes whose replay cannot set
--      session_replication_role: there they would do again what the changes
--      that are replayed have brought already. Triggers that are always to
--      fire, and those of PgQ and Londiste, are left alone.
--
--      Not in Londiste 3.8.
-- Parameters:
--      i_table     - full name
-- Returns:
--      How many were disabled; needs the rights of the table's owner
-- Tables directly manipulated:
--      insert - londiste.pending_triggers
-- ----------------------------------------------------------------------
declare
    v_oid       oid := londiste._find_any_table(i_table);
    v_trigger   record;
    v_count     integer := 0;
begin
    for v_trigger in
        select n.nspname || '.' || c.relname as table_name, t.tgname, c.oid::regclass as relation
          from (select v_oid as relid union select p.relid from pg_partition_tree(v_oid) p) r
          join pg_class c on c.oid = r.relid
          join pg_namespace n on n.oid = c.relnamespace
          join pg_trigger t on t.tgrelid = c.oid
          join pg_proc f on f.oid = t.tgfoid
         where not t.tgisinternal
           and t.tgenabled = 'O'
           and t.tgparentid = 0
           and f.pronamespace not in ('pgq'::regnamespace, 'londiste'::regnamespace)
         order by 1, 2
    loop
        insert into londiste.pending_triggers (table_name, trigger_name)
        values (v_trigger.table_name, v_trigger.tgname)
            on conflict do nothing;
        execute format('alter table %s disable trigger %I', v_trigger.relation, v_trigger.tgname);
        v_count := v_count + 1;
    end loop;
    return v_count;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
