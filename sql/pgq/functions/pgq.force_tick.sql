create or replace function pgq.force_tick(i_queue_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.force_tick(1)
--      Make the next run of the ticker see many events, so that it ticks. To be called in a loop until the result
--      changes.
-- Parameters:
--      i_queue_name    - queue
-- Returns:
--      id of the newest tick; null: no such queue, or no ticks
-- ----------------------------------------------------------------------
declare
    v_tick  bigint;
    q       record;
begin
    select queue_id, queue_event_seq, queue_ticker_max_count, queue_external_ticker, queue_ticker_paused into q
        from pgq.queue
        where queue_name = i_queue_name;
    if not found then
        return null;
    end if;
    if not q.queue_external_ticker and not q.queue_ticker_paused then
        perform setval(q.queue_event_seq,
            nextval(q.queue_event_seq) + q.queue_ticker_max_count * 2 + 1000);
    end if;

    select max(tick_id) into v_tick from pgq.tick where tick_queue = q.queue_id;
    return v_tick;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
