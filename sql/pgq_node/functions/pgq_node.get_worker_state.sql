create or replace function pgq_node.get_worker_state(
    i_queue_name text,
    out ret_code int4, out ret_note text, out node_type text, out node_name text,
    out completed_tick int8, out provider_node text, out provider_location text, out paused bool,
    out uptodate bool, out cur_error text, out worker_name text, out global_watermark int8,
    out local_watermark int8, out local_queue_top int8, out combined_queue text, out combined_type text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.get_worker_state(1)
--      What the worker of the local node has to know.
-- Parameters:
--      i_queue_name    - cascaded queue
-- Returns:
--      100 - Ok
--      404 - Unknown queue, consumer, provider node or combined queue
--      local_queue_top     - newest tick of the local queue; null on a leaf
--      other columns       - as in get_node_info()
-- ----------------------------------------------------------------------
begin
    select n.node_type, n.node_name, n.worker_name, n.combined_queue
      into node_type, node_name, worker_name, combined_queue
      from pgq_node.node_info n
     where n.queue_name = i_queue_name;
    if not found then
        select 404, 'Unknown queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;

    select s.last_tick_id, s.provider_node, s.paused, s.uptodate, s.cur_error
      into completed_tick, provider_node, paused, uptodate, cur_error
      from pgq_node.local_state s
     where s.queue_name = i_queue_name and s.consumer_name = worker_name;
    if not found then
        select 404, 'Unknown consumer: ' || i_queue_name || '/' || worker_name into ret_code, ret_note;
        return;
    end if;

    select l.node_location
      into provider_location
      from pgq_node.node_location l
     where l.queue_name = i_queue_name and l.node_name = provider_node;
    if not found then
        select 404, 'Unknown provider node: ' || i_queue_name || '/' || provider_node into ret_code, ret_note;
        return;
    end if;

    if combined_queue is not null then
        select c.node_type
          into combined_type
          from pgq_node.node_info c
         where c.queue_name = get_worker_state.combined_queue;
        if not found then
            select 404, 'Combinde queue node not found: ' || combined_queue into ret_code, ret_note;
            return;
        end if;
    end if;

    if node_type = 'leaf' then
        local_watermark := completed_tick;
    else
        global_watermark := pgq_node._consumer_tick(i_queue_name, '.global_watermark');
        local_watermark := pgq_node._local_watermark(i_queue_name);
        local_queue_top := pgq_node._queue_top(i_queue_name);
    end if;
    select 100, 'Ok' into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
