-- The result columns grew in the past; "create or replace" cannot change them.
do $$
begin
    if exists (
        select 1
            from pg_catalog.pg_proc
            where oid in (to_regprocedure('pgq.get_queue_info()'), to_regprocedure('pgq.get_queue_info(text)'))
                and not proargnames @> array['queue_cur_table', 'ticker_lag', 'ev_per_sec', 'ev_new', 'last_tick_id'])
    then
        drop function if exists pgq.get_queue_info();
        drop function if exists pgq.get_queue_info(text);
    end if;
end $$;

create or replace function pgq.get_queue_info(
    i_queue_name text,
    out queue_name text, out queue_ntables integer, out queue_cur_table integer,
    out queue_rotation_period interval, out queue_switch_time timestamptz,
    out queue_external_ticker boolean, out queue_ticker_paused boolean,
    out queue_ticker_max_count integer, out queue_ticker_max_lag interval, out queue_ticker_idle_period interval,
    out ticker_lag interval, out ev_per_sec float8, out ev_new bigint, out last_tick_id bigint)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_queue_info(1)
--      Settings and state of queues.
-- Parameters:
--      i_queue_name    - queue; null: all
-- Returns:
--      one row a queue, by name. The last four columns are null for a queue without ticks:
--      ticker_lag      - age of the newest tick
--      ev_per_sec      - events per second over the last 20 ticks
--      ev_new          - events since the newest tick
--      last_tick_id    - the newest tick
-- ----------------------------------------------------------------------
begin
    return query
        select q.queue_name, q.queue_ntables, q.queue_cur_table, q.queue_rotation_period, q.queue_switch_time,
               q.queue_external_ticker, q.queue_ticker_paused,
               q.queue_ticker_max_count, q.queue_ticker_max_lag, q.queue_ticker_idle_period,
               current_timestamp - t.tick_time,
               case when o.tick_time < t.tick_time
                   then ((t.tick_event_seq - o.tick_event_seq) / extract(epoch from t.tick_time - o.tick_time))::float8
               end,
               pgq.seq_getval(q.queue_event_seq) - t.tick_event_seq,
               t.tick_id
            from pgq.queue q
            left join lateral (
                select n.tick_id, n.tick_time, n.tick_event_seq
                    from pgq.tick n
                    where n.tick_queue = q.queue_id
                    order by n.tick_queue desc, n.tick_id desc
                    limit 1
            ) t on true
            left join lateral (
                select n.tick_time, n.tick_event_seq
                    from pgq.tick n
                    where n.tick_queue = q.queue_id and n.tick_id >= t.tick_id - 20
                    order by n.tick_queue, n.tick_id
                    limit 1
            ) o on true
            where i_queue_name is null or q.queue_name = i_queue_name
            order by q.queue_name;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;


create or replace function pgq.get_queue_info(
    out queue_name text, out queue_ntables integer, out queue_cur_table integer,
    out queue_rotation_period interval, out queue_switch_time timestamptz,
    out queue_external_ticker boolean, out queue_ticker_paused boolean,
    out queue_ticker_max_count integer, out queue_ticker_max_lag interval, out queue_ticker_idle_period interval,
    out ticker_lag interval, out ev_per_sec float8, out ev_new bigint, out last_tick_id bigint)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_queue_info(0)
--      Settings and state of all queues.
-- ----------------------------------------------------------------------
begin
    return query select * from pgq.get_queue_info(null);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
