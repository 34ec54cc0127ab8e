create or replace function pgq_node.set_subscriber_watermark(
    i_queue_name text, i_node_name text, i_watermark bigint,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_subscriber_watermark(3)
--      Report of a subscriber: it and the nodes below it need nothing before this tick.
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_node_name     - subscriber
--      i_watermark     - tick of the queue, not before the last one reported
-- Returns:
--      100 - watermark already set
--      200 - it is set
--      404 - the node is not subscribed
--      405 - watermark must not be moved backwards
-- Calls:
--      pgq.register_consumer_at
-- ----------------------------------------------------------------------
declare
    v_name      text := '.' || i_node_name || '.watermark';
    v_tick      bigint;
begin
    v_tick := pgq_node._consumer_tick(i_queue_name, v_name);
    if v_tick is null then
        -- ends with a blank in pgq_node 3.5
        select 404, 'node ' || i_node_name || ' not subscribed to queue ' into ret_code, ret_note;
        return;
    end if;
    if i_watermark < v_tick then
        select 405, 'watermark must not be moved backwards' into ret_code, ret_note;
        return;
    end if;
    if i_watermark = v_tick then
        select 100, 'watermark already set' into ret_code, ret_note;
        return;
    end if;
    perform pgq.register_consumer_at(i_queue_name, v_name, i_watermark);
    select 200, v_name || ' set to ' || i_watermark into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
