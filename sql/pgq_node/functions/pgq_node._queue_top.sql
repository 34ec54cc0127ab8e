create or replace function pgq_node._queue_top(i_queue_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node._queue_top(1)
--      Newest tick of the local queue.
-- Returns:
--      Tick id; null when there is no such queue.
-- ----------------------------------------------------------------------
begin
    return (select t.tick_id
              from pgq.tick t
             where t.tick_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue_name)
             order by t.tick_queue desc, t.tick_id desc
             limit 1);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
