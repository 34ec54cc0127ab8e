create or replace function pgq_node._consumer_tick(i_queue_name text, i_consumer_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node._consumer_tick(2)
--      Position of a consumer on the local queue.
-- Returns:
--      Tick id; null when it is not registered.
-- ----------------------------------------------------------------------
begin
    return (select s.sub_last_tick
              from pgq.queue q, pgq.consumer c, pgq.subscription s
             where q.queue_name = i_queue_name
               and c.co_name = i_consumer_name
               and s.sub_queue = q.queue_id
               and s.sub_consumer = c.co_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
