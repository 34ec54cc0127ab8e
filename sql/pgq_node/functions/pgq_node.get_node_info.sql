create or replace function pgq_node.get_node_info(
    i_queue_name text,
    out ret_code int4, out ret_note text, out node_type text, out node_name text,
    out global_watermark int8, out local_watermark int8, out provider_node text,
    out provider_location text, out combined_queue text, out combined_type text, out worker_name text,
    out worker_paused bool, out worker_uptodate bool, out worker_last_tick int8, out node_attrs text,
    out target_for text[])
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.get_node_info(1)
--      The local node of a queue.
-- Parameters:
--      i_queue_name    - cascaded queue
-- Returns:
--      100 - Ok
--      404 - Unknown queue
--      global_watermark    - what is kept for all nodes; null on a leaf
--      local_watermark     - the lowest tick that the node and those below it need
--      combined_queue, combined_type - null when the combined queue has no node here
--      provider_node ... worker_last_tick - null when the worker is not registered; worker_last_tick of a root is
--                            the newest tick
--      target_for          - queues whose leafs here write into this one; null: none
-- ----------------------------------------------------------------------
begin
    select 100, 'Ok', n.node_type, n.node_name, c.queue_name, c.node_type, n.worker_name, n.node_attrs,
           s.provider_node, l.node_location, s.paused, s.uptodate, s.last_tick_id
      into ret_code, ret_note, node_type, node_name, combined_queue, combined_type, worker_name, node_attrs,
           provider_node, provider_location, worker_paused, worker_uptodate, worker_last_tick
      from pgq_node.node_info n
      left join pgq_node.node_info c on c.queue_name = n.combined_queue
      left join pgq_node.local_state s on s.queue_name = n.queue_name and s.consumer_name = n.worker_name
      left join pgq_node.node_location l on l.queue_name = s.queue_name and l.node_name = s.provider_node
     where n.queue_name = i_queue_name;
    if not found then
        select 404, 'Unknown queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;

    if node_type = 'leaf' then
        local_watermark := worker_last_tick;
        return;
    end if;
    global_watermark := pgq_node._consumer_tick(i_queue_name, '.global_watermark');
    local_watermark := pgq_node._local_watermark(i_queue_name);
    target_for := (select array_agg(n.queue_name order by n.queue_name)
                     from pgq_node.node_info n
                    where n.combined_queue = i_queue_name);
    if node_type = 'root' then
        worker_last_tick := pgq_node._queue_top(i_queue_name);
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
