create or replace function pgq.get_consumer_info(
    i_queue_name text, i_consumer_name text,
    out queue_name text, out consumer_name text, out lag interval, out last_seen interval,
    out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_consumer_info(2)
--      Where consumers are.
-- Parameters:
--      i_queue_name    - queue; null: all
--      i_consumer_name - consumer; null: all
-- Returns:
--      one row a subscription, by queue and consumer:
--      lag             - age of the last tick it finished
--      last_seen       - time since it opened or finished a batch
--      last_tick       - its position
--      current_batch   - open batch
--      next_tick       - tick at the end of the open batch
--      pending_events  - events between its position and the newest tick
-- ----------------------------------------------------------------------
begin
    return query
        select q.queue_name, c.co_name,
               current_timestamp - l.tick_time, current_timestamp - s.sub_active,
               s.sub_last_tick, s.sub_batch, s.sub_next_tick,
               t.tick_event_seq - l.tick_event_seq
            from pgq.queue q
            join pgq.subscription s on s.sub_queue = q.queue_id
            join pgq.consumer c on c.co_id = s.sub_consumer
            left join pgq.tick l on l.tick_queue = s.sub_queue and l.tick_id = s.sub_last_tick
            left join lateral (
                select n.tick_event_seq
                    from pgq.tick n
                    where n.tick_queue = q.queue_id
                    order by n.tick_queue desc, n.tick_id desc
                    limit 1
            ) t on true
            where (i_queue_name is null or q.queue_name = i_queue_name)
                and (i_consumer_name is null or c.co_name = i_consumer_name)
            order by q.queue_name, c.co_name;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.get_consumer_info(
    i_queue_name text,
    out queue_name text, out consumer_name text, out lag interval, out last_seen interval,
    out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_consumer_info(1)
--      Where the consumers of a queue are.
-- ----------------------------------------------------------------------
begin
    return query select * from pgq.get_consumer_info(i_queue_name, null);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.get_consumer_info(
    out queue_name text, out consumer_name text, out lag interval, out last_seen interval,
    out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_consumer_info(0)
--      Where all consumers are.
-- ----------------------------------------------------------------------
begin
    return query select * from pgq.get_consumer_info(null, null);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
