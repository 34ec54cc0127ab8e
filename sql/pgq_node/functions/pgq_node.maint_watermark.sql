create or replace function pgq_node.maint_watermark(i_queue_name text)
returns int4 as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.maint_watermark(1)
--      Moves the global watermark of a root whose worker does not, because it is not running. For the maintenance daemon.
-- Parameters:
--      i_queue_name    - cascaded queue
-- Returns:
--      0
-- Calls:
--      pgq_node.set_global_watermark
-- ----------------------------------------------------------------------
declare
    v_lag       interval;
begin
    perform 1
       from pgq_node.node_info n
      where n.queue_name = i_queue_name and n.node_type = 'root'
        for update;
    if not found then
        return 0;
    end if;

    select c.lag
      into v_lag
      from pgq.get_consumer_info(i_queue_name, '.global_watermark') c;
    if v_lag >= interval '5 minutes' then
        perform pgq_node.set_global_watermark(i_queue_name, null);
    end if;
    return 0;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
