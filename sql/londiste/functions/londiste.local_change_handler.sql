create or replace function londiste.local_change_handler(
    in i_queue_name text,
    in i_table_name text,
    in i_trg_args text[],
    in i_table_attrs text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_change_handler(4)
--      Replaces attributes and trigger of a table.
-- Parameters:
--      i_table_name    - full name in the set
--      i_table_attrs   - urlencoded; NULL clears them
-- Returns:
--      200 - done
--      400 - no such set
--      404 - no such local table
--      403, 405 - see londiste.create_trigger. Roll back.
-- ----------------------------------------------------------------------
declare
    v_dest  text;
    v_desc  text;
    v_type  text;
    v_done  record;
begin
    select n.node_type into v_type from pgq_node.node_info n where n.queue_name = i_queue_name;
    if not found then
        select 400, 'No such set: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;
    select * into v_done from londiste.local_set_table_attrs(i_queue_name, i_table_name, i_table_attrs);
    if v_done.ret_code <> 200 then
        select v_done.ret_code, v_done.ret_note into ret_code, ret_note;
        return;
    end if;
    perform pg_notify('pgq_node', i_queue_name);
    select coalesce(t.dest_table, t.table_name) into v_dest
      from londiste.table_info t
     where t.queue_name = i_queue_name and t.table_name = i_table_name;
    v_desc := i_table_name || case when v_dest <> i_table_name then '(' || v_dest || ')' else '' end;

    select * into v_done from londiste.create_trigger(i_queue_name, i_table_name, i_trg_args, v_dest, v_type);
    if v_done.ret_code > 299 then
        select v_done.ret_code, format('Trigger creation failed for table %s: %s', v_desc, v_done.ret_note)
          into ret_code, ret_note;
    elsif v_done.ret_code = 201 then
        select 200, 'Table handler updated with no triggers: ' || v_desc into ret_code, ret_note;
    else
        select 200, 'Handler changed for table: ' || v_desc into ret_code, ret_note;
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
