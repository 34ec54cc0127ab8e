create or replace function londiste.local_set_table_attrs(
    in i_queue_name text,
    in i_table_name text,
    in i_table_attrs text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_set_table_attrs(3)
--      Replaces the attributes of a table.
-- Parameters:
--      i_table_name    - full name in the set
--      i_table_attrs   - urlencoded; NULL clears them
-- Returns:
--      200 - done
--      404 - no such local table
-- ----------------------------------------------------------------------
begin
    update londiste.table_info t
       set table_attrs = i_table_attrs
     where t.queue_name = i_queue_name and t.table_name = i_table_name and t.local;
    if not found then
        select 404, 'no such local table: ' || i_table_name into ret_code, ret_note;
        return;
    end if;
    select 200, i_table_name || ': Table attributes stored' into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
