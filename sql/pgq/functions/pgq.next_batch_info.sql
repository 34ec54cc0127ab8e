create or replace function pgq.next_batch_info(
    i_queue_name text, i_consumer_name text,
    out batch_id bigint, out cur_tick_id bigint, out prev_tick_id bigint,
    out cur_tick_time timestamptz, out prev_tick_time timestamptz,
    out cur_tick_event_seq bigint, out prev_tick_event_seq bigint)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq.next_batch_info(2)
--      Open the next batch of a consumer, or return the one that is open, with the ticks around it.
-- Returns:
--      see pgq.next_batch_custom
-- ----------------------------------------------------------------------
begin
    select b.batch_id, b.cur_tick_id, b.prev_tick_id, b.cur_tick_time, b.prev_tick_time,
           b.cur_tick_event_seq, b.prev_tick_event_seq
        into batch_id, cur_tick_id, prev_tick_id, cur_tick_time, prev_tick_time,
             cur_tick_event_seq, prev_tick_event_seq
        from pgq.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) b;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
