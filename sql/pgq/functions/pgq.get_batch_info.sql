create or replace function pgq.get_batch_info(
    x_batch_id bigint,
    out queue_name text, out consumer_name text,
    out batch_start timestamptz, out batch_end timestamptz,
    out prev_tick_id bigint, out tick_id bigint,
    out lag interval, out seq_start bigint, out seq_end bigint)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_batch_info(1)
--      What is known about an open batch.
-- Parameters:
--      x_batch_id      - open batch
-- Returns:
--      one row; all null when there is no such batch
-- ----------------------------------------------------------------------
begin
    select q.queue_name, c.co_name, p.tick_time, n.tick_time, s.sub_last_tick, s.sub_next_tick,
           current_timestamp - n.tick_time, p.tick_event_seq, n.tick_event_seq
        into queue_name, consumer_name, batch_start, batch_end, prev_tick_id, tick_id, lag, seq_start, seq_end
        from pgq.subscription s, pgq.tick n, pgq.tick p, pgq.queue q, pgq.consumer c
        where s.sub_batch = x_batch_id
            and p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
            and n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
            and q.queue_id = s.sub_queue
            and c.co_id = s.sub_consumer;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
