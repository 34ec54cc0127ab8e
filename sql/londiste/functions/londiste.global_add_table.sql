create or replace function londiste.global_add_table(
    in i_queue_name text,
    in i_table_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.global_add_table(2)
--      Makes a table known as part of the set. Whether this node takes part
--      is said by londiste.local_add_table.
-- Returns:
--      200 - added, or was there
--      400 - no such queue
-- Tables directly manipulated:
--      insert - londiste.table_info
-- ----------------------------------------------------------------------
declare
    v_table     text := londiste.make_fqname(i_table_name);
    v_combined  text;
begin
    select n.combined_queue into v_combined
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;
    if not found then
        select 400, 'No such queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;
    if exists (select from londiste.table_info where queue_name = i_queue_name and table_name = v_table) then
        select 200, 'Table already added: ' || v_table into ret_code, ret_note;
        return;
    end if;
    -- two transactions may add it at once: replay of the event and the setup of a node
    insert into londiste.table_info (queue_name, table_name)
    values (i_queue_name, v_table)
        on conflict do nothing;
    if not found then
        select 200, 'Table already added: ' || i_table_name into ret_code, ret_note;
        return;
    end if;
    if v_combined is not null then
        perform londiste.global_add_table(v_combined, i_table_name);
    end if;
    select 200, 'Table added: ' || i_table_name into ret_code, ret_note;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
