create or replace function pgq_node.unregister_location(i_queue_name text, i_node_name text, out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.unregister_location(2)
--      Forgets a member, and ends its subscription if it has one here. A root tells all others by an event, also of a
--      name that it did not know.
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_node_name     - member, neither the local node nor the one its worker reads from
-- Returns:
--      200 - Ok
--      301 - Location not found
--      403 - Cannot drop the location of the node itself or of its provider
-- Calls:
--      pgq_node.unregister_subscriber, pgq.insert_event
-- Tables directly manipulated:
--      delete - pgq_node.node_location
-- ----------------------------------------------------------------------
declare
    v_node      record;
begin
    select n.node_name, n.node_type, s.provider_node
      into v_node
      from pgq_node.node_info n
      left join pgq_node.local_state s on s.queue_name = n.queue_name and s.consumer_name = n.worker_name
     where n.queue_name = i_queue_name
       for update of n;
    if found then
        if v_node.node_name = i_node_name then
            select 403, 'Cannot drop node''s own location' into ret_code, ret_note;
            return;
        end if;
        if v_node.provider_node = i_node_name then
            select 403, 'Cannot drop location of node''s parent' into ret_code, ret_note;
            return;
        end if;
    end if;

    perform pgq_node.unregister_subscriber(i_queue_name, i_node_name);

    delete from pgq_node.node_location l
     where l.queue_name = i_queue_name and l.node_name = i_node_name;
    if found then
        select 200, 'Ok' into ret_code, ret_note;
    else
        select 301, 'Location not found: ' || i_queue_name || '/' || i_node_name into ret_code, ret_note;
    end if;

    if v_node.node_type = 'root' then
        perform pgq.insert_event(i_queue_name, 'pgq.unregister-location', i_node_name, i_queue_name, null, null, null);
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
