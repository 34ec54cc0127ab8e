create or replace function pgq_node.is_root_node(i_queue_name text)
returns bool as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.is_root_node(1)
--      Whether the local node of a queue is a root. Reads the table with the rights of the caller.
-- Parameters:
--      i_queue_name    - cascaded queue, must have a node
-- ----------------------------------------------------------------------
declare
    v_is_so     bool;
begin
    select n.node_type = 'root'
      into v_is_so
      from pgq_node.node_info n
     where n.queue_name = i_queue_name;
    if not found then
        raise exception 'queue does not exist: %', i_queue_name;
    end if;
    return v_is_so;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
