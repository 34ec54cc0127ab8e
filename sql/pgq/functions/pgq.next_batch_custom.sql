create or replace function pgq.next_batch_custom(
    i_queue_name text, i_consumer_name text,
    i_min_lag interval, i_min_count integer, i_min_interval interval,
    out batch_id bigint, out cur_tick_id bigint, out prev_tick_id bigint,
    out cur_tick_time timestamptz, out prev_tick_time timestamptz,
    out cur_tick_event_seq bigint, out prev_tick_event_seq bigint)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq.next_batch_custom(5)
--      Open the next batch of a consumer, or return the one that is open. The subscription is locked until
--      the end of the transaction, so that two sessions of one consumer get the same batch.
-- Parameters:
--      i_queue_name    - queue
--      i_consumer_name - consumer, must be registered
--      i_min_lag       - the batch must have ended this long ago
--      i_min_count     - wanted size of a batch, in events; an estimate is compared
--      i_min_interval  - wanted size of a batch, in time
--      null: no such condition. All are ignored while a batch is open.
-- Returns:
--      the batch, and the ticks at its end (cur) and its start (prev); all null: nothing to do now
-- Calls:
--      pgq.find_tick_helper
-- Tables directly manipulated:
--      update - pgq.subscription
-- ----------------------------------------------------------------------
declare
    s   record;
begin
    -- the lock first: the ticks below are then read by a later statement
    select q.queue_id, c.co_id, b.sub_last_tick, b.sub_next_tick, b.sub_batch
        into s
        from pgq.queue q, pgq.consumer c, pgq.subscription b
        where q.queue_name = i_queue_name
            and c.co_name = i_consumer_name
            and b.sub_queue = q.queue_id
            and b.sub_consumer = c.co_id
        for update of b;
    if not found then
        raise exception 'Not subscriber to queue: %/%',
            coalesce(i_queue_name, 'NULL'), coalesce(i_consumer_name, 'NULL');
    end if;

    select t.tick_id, t.tick_time, t.tick_event_seq
        into prev_tick_id, prev_tick_time, prev_tick_event_seq
        from pgq.tick t
        where t.tick_queue = s.queue_id and t.tick_id = s.sub_last_tick;
    if not found then
        raise exception 'PgQ corruption: Consumer % on queue % does not see tick %',
            i_consumer_name, i_queue_name, prev_tick_id; -- always <NULL>: clients know this text
    end if;

    if s.sub_batch is not null then
        batch_id := s.sub_batch;
        cur_tick_id := s.sub_next_tick;
        select t.tick_time, t.tick_event_seq
            into cur_tick_time, cur_tick_event_seq
            from pgq.tick t
            where t.tick_queue = s.queue_id and t.tick_id = s.sub_next_tick;
        return;
    end if;

    if i_min_interval is null and i_min_count is null then
        select t.tick_id, t.tick_time, t.tick_event_seq
            into cur_tick_id, cur_tick_time, cur_tick_event_seq
            from pgq.tick t
            where t.tick_queue = s.queue_id and t.tick_id > s.sub_last_tick
            order by t.tick_queue, t.tick_id
            limit 1;
    else
        select f.next_tick_id, f.next_tick_time, f.next_tick_seq
            into cur_tick_id, cur_tick_time, cur_tick_event_seq
            from pgq.find_tick_helper(s.queue_id, s.sub_last_tick, prev_tick_time, prev_tick_event_seq,
                i_min_count, i_min_interval) f;
    end if;

    -- a tick that is as far in the future means that the clock was set back
    if cur_tick_id is null or (now() - cur_tick_time < i_min_lag and cur_tick_time - clock_timestamp() < i_min_lag) then
        prev_tick_id := null;
        prev_tick_time := null;
        prev_tick_event_seq := null;
        cur_tick_id := null;
        cur_tick_time := null;
        cur_tick_event_seq := null;
        return;
    end if;

    batch_id := nextval('pgq.batch_id_seq');
    update pgq.subscription
        set sub_batch = next_batch_custom.batch_id, sub_next_tick = cur_tick_id, sub_active = now()
        where sub_queue = s.queue_id and sub_consumer = s.co_id;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
