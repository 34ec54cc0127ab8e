create or replace function londiste.local_set_table_state(
    in i_queue_name text,
    in i_table_name text,
    in i_snapshot text,
    in i_merge_state text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_set_table_state(4)
--      Stores how far the copy of a table is.
-- Parameters:
--      i_snapshot      - snapshot of the copy; NULL when it is not needed
--      i_merge_state   - NULL copies the table anew
-- Returns:
--      200 - done
--      404 - no such local table
-- Calls:
--      londiste._forget_copy, unless the rows are all here and are caught up
--      with next
-- Tables directly manipulated:
--      update - londiste.table_info
-- ----------------------------------------------------------------------
declare
    v_table text := londiste.make_fqname(i_table_name);
    v_before text;
begin
    select t.merge_state into v_before
      from londiste.table_info t
     where t.queue_name = i_queue_name and t.table_name = v_table
       for no key update;
    update londiste.table_info t
       set custom_snapshot = i_snapshot, merge_state = i_merge_state
     where t.queue_name = i_queue_name and t.table_name = v_table and t.local;
    if not found then
        select 404, 'No such table: ' || v_table into ret_code, ret_note;
        return;
    end if;
    if (v_before = 'in-copy' and i_merge_state = 'catching-up') is not true then
        perform londiste._forget_copy(i_queue_name, v_table);
    end if;
    if i_merge_state is null then
        perform pg_notify('pgq_node', i_queue_name);
    end if;
    select 200, format('Table %s state set to %s', v_table, quote_nullable(i_merge_state)) into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
