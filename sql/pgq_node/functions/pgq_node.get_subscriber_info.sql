create or replace function pgq_node.get_subscriber_info(i_queue_name text, out node_name text, out worker_name text, out node_watermark int8)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.get_subscriber_info(1)
--      The nodes that read from here, by name.
-- Returns:
--      node_watermark  - the lowest tick that the node and those below it need, as far as it has told
-- ----------------------------------------------------------------------
begin
    return query
        select i.subscriber_node, i.worker_name, pgq_node._consumer_tick(i_queue_name, i.watermark_name)
          from pgq_node.subscriber_info i
         where i.queue_name = i_queue_name
         order by i.subscriber_node;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
