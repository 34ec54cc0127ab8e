create or replace function londiste.global_remove_table(
    in i_queue_name text,
    in i_table_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.global_remove_table(2)
--      Takes a table out of the set, on this node only.
-- Returns:
--      200 - removed
--      400 - not found
-- Tables directly manipulated:
--      delete - londiste.table_info
-- ----------------------------------------------------------------------
declare
    v_table     text := londiste.make_fqname(i_table_name);
begin
    if not pgq_node.is_root_node(i_queue_name) then
        perform londiste.local_remove_table(i_queue_name, v_table);
    end if;
    delete from londiste.table_info
     where queue_name = i_queue_name
       and table_name = v_table;
    if not found then
        select 400, 'Table not found: ' || v_table into ret_code, ret_note;
        return;
    end if;
    select 200, 'Table removed: ' || i_table_name into ret_code, ret_note;
end; $$ language plpgsql strict; -- no search_path: it may run stored DDL that relies on the session's
