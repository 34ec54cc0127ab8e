create or replace function pgq_node.drop_node(i_queue_name text, i_node_name text, out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.drop_node(2)
--      Removes the local node with everything it has, or what is known here of another one.
--      Differs from pgq_node 3.5: where there is no local node, a plain queue of that name is left alone.
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_node_name     - node
-- Returns:
--      200 - Node dropped, also when there was none
--      405 - Cannot drop provider node
-- Calls:
--      pgq.drop_queue, pgq_node.unregister_subscriber, pgq_node.unregister_location
-- Tables directly manipulated:
--      delete - pgq_node.node_info, pgq_node.local_state, pgq_node.subscriber_info, pgq_node.node_location
-- ----------------------------------------------------------------------
declare
    v_node      record;
    v_is_here   boolean;
begin
    select n.node_name, s.provider_node
      into v_node
      from pgq_node.node_info n
      left join pgq_node.local_state s on s.queue_name = n.queue_name and s.consumer_name = n.worker_name
     where n.queue_name = i_queue_name
       for update of n;
    v_is_here := found;

    if not v_is_here or v_node.node_name = i_node_name then
        delete from pgq_node.subscriber_info i where i.queue_name = i_queue_name;
        delete from pgq_node.local_state s where s.queue_name = i_queue_name;
        delete from pgq_node.node_info n where n.queue_name = i_queue_name;
        if v_is_here and exists (select from pgq.queue q where q.queue_name = i_queue_name) then
            perform pgq.drop_queue(i_queue_name, true);
        end if;
        delete from pgq_node.node_location l
         where l.queue_name = i_queue_name and l.node_name <> i_node_name;
    elsif v_node.provider_node = i_node_name then
        select 405, 'Cannot drop provider node: ' || i_node_name into ret_code, ret_note;
        return;
    else
        perform pgq_node.unregister_subscriber(i_queue_name, i_node_name);
    end if;
    perform pgq_node.unregister_location(i_queue_name, i_node_name);

    select 200, 'Node dropped: ' || i_node_name into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
