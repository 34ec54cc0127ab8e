create or replace function pgq_node.set_node_attrs(i_queue_name text, i_node_attrs text, out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_node_attrs(2)
--      Sets the attributes of the local node.
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_node_attrs    - urlencoded; null: none
-- Returns:
--      200 - Node attributes updated
--      404 - Node not found
-- Tables directly manipulated:
--      update - pgq_node.node_info
-- ----------------------------------------------------------------------
begin
    update pgq_node.node_info n
       set node_attrs = i_node_attrs
     where n.queue_name = i_queue_name;
    if found then
        select 200, 'Node attributes updated' into ret_code, ret_note;
    else
        select 404, 'Node not found' into ret_code, ret_note;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
