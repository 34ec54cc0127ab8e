create or replace function pgq_node._local_watermark(i_queue_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node._local_watermark(1)
--      The lowest tick that somebody still reads from on the local queue. Plain consumers count as well as subscribers
--      and the watermarks that these have reported; only the queue's own .global_watermark does not.
-- Returns:
--      Tick id; the newest tick when nobody reads.
-- ----------------------------------------------------------------------
declare
    v_lowest    bigint;
begin
    select min(s.sub_last_tick)
      into v_lowest
      from pgq.queue q, pgq.consumer c, pgq.subscription s
     where q.queue_name = i_queue_name
       and s.sub_queue = q.queue_id
       and c.co_id = s.sub_consumer
       and c.co_name <> '.global_watermark';
    return coalesce(v_lowest, pgq_node._queue_top(i_queue_name));
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
