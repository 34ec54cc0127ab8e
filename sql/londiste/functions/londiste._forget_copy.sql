create or replace function londiste._forget_copy(i_queue_name text, i_table_name text)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: londiste._forget_copy(2)
--      Nobody goes on with the copy of the table. Foreign keys do not
--      cascade in sessions that replay, so both tables are cleared here.
-- Tables directly manipulated:
--      delete - londiste.table_copy, londiste.copied_range
-- ----------------------------------------------------------------------
    delete from londiste.table_copy where queue_name = i_queue_name and table_name = i_table_name;
    delete from londiste.copied_range where queue_name = i_queue_name and table_name = i_table_name;
$$ language sql set search_path = pg_catalog, pg_temp;
