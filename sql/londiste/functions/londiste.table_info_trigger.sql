create or replace function londiste.table_info_trigger()
returns trigger as $$
-- ----------------------------------------------------------------------
-- Function: londiste.table_info_trigger(0)
--      When a table leaves the set, by whatever way, its triggers go.
-- ----------------------------------------------------------------------
begin
    perform londiste.drop_table_triggers(old.queue_name, old.table_name);
    return old;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
