create or replace function pgq.find_tick_helper(
    i_queue_id integer, i_prev_tick_id bigint, i_prev_tick_time timestamptz, i_prev_tick_seq bigint,
    i_min_count bigint, i_min_interval interval,
    out next_tick_id bigint, out next_tick_time timestamptz, out next_tick_seq bigint)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq.find_tick_helper(6)
--      Choose the tick that ends a batch of a wanted size: the newest one unless that is more than twice as far
--      as wished, then the first one that is far enough.
-- Parameters:
--      i_queue_id          - queue
--      i_prev_tick_id, _time, _seq - the tick where the batch starts
--      i_min_count         - wanted number of events, or null
--      i_min_interval      - wanted length in time, or null
-- Returns:
--      the tick; all null: none is far enough
-- ----------------------------------------------------------------------
declare
    v_count     bigint;
    v_span      interval;
begin
    select tick_id, tick_time, tick_event_seq
        into next_tick_id, next_tick_time, next_tick_seq
        from pgq.tick
        where tick_queue = i_queue_id and tick_id > i_prev_tick_id
        order by tick_queue desc, tick_id desc
        limit 1;
    if not found then
        return;
    end if;

    v_count := next_tick_seq - i_prev_tick_seq;
    -- going back, the clock was set so
    v_span := greatest(next_tick_time - i_prev_tick_time, i_prev_tick_time - next_tick_time);
    if v_count > i_min_count * 2 or v_span > i_min_interval * 2 then
        select tick_id, tick_time, tick_event_seq
            into next_tick_id, next_tick_time, next_tick_seq
            from pgq.tick
            where tick_queue = i_queue_id
                and tick_id > i_prev_tick_id
                and (tick_event_seq - i_prev_tick_seq >= i_min_count
                    or greatest(tick_time - i_prev_tick_time, i_prev_tick_time - tick_time) >= i_min_interval)
            order by tick_queue, tick_id
            limit 1;
    elsif not coalesce(v_count >= i_min_count, false) and not coalesce(v_span >= i_min_interval, false) then
        next_tick_id := null;
        next_tick_time := null;
        next_tick_seq := null;
    end if;
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
