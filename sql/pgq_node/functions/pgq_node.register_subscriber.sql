create or replace function pgq_node.register_subscriber(
    i_queue_name text, i_remote_node_name text, i_remote_worker_name text, i_custom_tick_id int8,
    out ret_code int4, out ret_note text, out global_watermark int8)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.register_subscriber(4)
--      Lets another node read from here. A consumer of the worker's name that is there already is moved.
-- Parameters:
--      i_queue_name            - cascaded queue
--      i_remote_node_name      - member
--      i_remote_worker_name    - its worker
--      i_custom_tick_id        - where the worker starts; null: at the global watermark
-- Returns:
--      200 - Subscriber registered; global_watermark is where the node may start
--      401 - Cannot subscribe to a leaf
--      404 - Unknown queue
-- Calls:
--      pgq.register_consumer_at
-- Tables directly manipulated:
--      insert - pgq_node.subscriber_info
-- ----------------------------------------------------------------------
declare
    v_node_type text;
    v_watermark_name text := '.' || i_remote_node_name || '.watermark';
begin
    select n.node_type
      into v_node_type
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;
    if not found then
        select 404, 'Unknown queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;
    global_watermark := pgq_node._consumer_tick(i_queue_name, '.global_watermark');
    if v_node_type not in ('root', 'branch') then
        select 401, 'Cannot subscribe to ' || v_node_type || ' node' into ret_code, ret_note;
        return;
    end if;

    perform pgq.register_consumer_at(i_queue_name, v_watermark_name, global_watermark);
    perform pgq.register_consumer_at(i_queue_name, i_remote_worker_name, coalesce(i_custom_tick_id, global_watermark));
    insert into pgq_node.subscriber_info (queue_name, subscriber_node, worker_name, watermark_name)
    values (i_queue_name, i_remote_node_name, i_remote_worker_name, v_watermark_name);

    select 200, 'Subscriber registered: ' || i_remote_node_name into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
