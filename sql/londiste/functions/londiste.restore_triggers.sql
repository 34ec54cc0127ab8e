create or replace function londiste.restore_triggers(i_table text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: londiste.restore_triggers(1)
--      Enables the triggers again that londiste.hold_triggers has disabled,
--      where they are still there and nobody else has enabled them.
--
--      Not in Londiste 3.8.
-- Parameters:
--      i_table     - full name; null: of all tables
-- Returns:
--      How many were enabled
-- Tables directly manipulated:
--      delete - londiste.pending_triggers
-- ----------------------------------------------------------------------
declare
    v_oid       oid := londiste._find_any_table(i_table);
    v_trigger   record;
    v_count     integer := 0;
begin
    for v_trigger in
        delete from londiste.pending_triggers d
         where i_table is null
            or d.table_name = i_table
            or londiste._find_any_table(d.table_name) in (select p.relid from pg_partition_tree(v_oid) p)
        returning d.table_name, d.trigger_name
    loop
        continue when not exists (
            select from pg_trigger t
             where t.tgrelid = londiste._find_any_table(v_trigger.table_name)
               and t.tgname = v_trigger.trigger_name
               and t.tgenabled = 'D');
        execute format('alter table %s enable trigger %I',
                       londiste.quote_fqname(v_trigger.table_name), v_trigger.trigger_name);
        v_count := v_count + 1;
    end loop;
    return v_count;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
