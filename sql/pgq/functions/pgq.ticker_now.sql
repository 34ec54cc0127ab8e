create or replace function pgq.ticker_now(i_queue_names text[] default null, out queue_name text, out tick_id bigint)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.ticker_now(1)
--      Make the ticks that are due, and in addition a tick for each queue that has events, unless its ticker_max_lag is
--      above the default of 3 seconds: that asks for large batches. Consumers are told by
--      notifications on channel pgq_tick, the payload is the name of the queue.
--      While a node that reads a cascaded queue is more than 10 ticks behind and at work, ticks that are not due come at
--      most every 100 ms: a branch cannot merge them.
--
--      For tickers that call many times a second: while nothing is to be done it only reads, and a queue that somebody
--      else ticks or drops at this moment is left out instead of waited for.
-- Parameters:
--      i_queue_names   - queues; null: all. Those that are external, paused or not there are left out.
-- Returns:
--      one row for each tick made:
--      queue_name      - queue
--      tick_id         - the new tick
-- Calls:
--      pgq._tick
-- ----------------------------------------------------------------------
#variable_conflict use_column
declare
    v_id        integer;
    v_newest    bigint;
begin
    for v_id, queue_name, v_newest in
        select q.queue_id, q.queue_name, t.tick_id
            from pgq.queue q
            left join lateral (
                select n.tick_id, n.tick_time, n.tick_snapshot, n.tick_event_seq,
                       pgq._tick_txid(n.tick_snapshot, n.xmin) as txid
                    from pgq.tick n
                    where n.tick_queue = q.queue_id
                    order by n.tick_queue desc, n.tick_id desc
                    limit 1
            ) t on true
            left join lateral (
                select p.tick_time
                    from pgq.tick p
                    where p.tick_queue = q.queue_id and p.tick_id < t.tick_id
                    order by p.tick_queue desc, p.tick_id desc
                    limit 1
            ) before on true
            cross join lateral (select pg_sequence_last_value(q.queue_event_seq)) s (last_event)
            where not q.queue_external_ticker and not q.queue_ticker_paused
                and (i_queue_names is null or q.queue_name = any (i_queue_names))
                and case
                    when t.tick_id is null then true
                    -- no last value before the first nextval
                    when pgq._tick_is_due(coalesce(s.last_event - t.tick_event_seq, 0), now() - t.tick_time,
                            t.tick_time - before.tick_time,
                            q.queue_ticker_max_count, q.queue_ticker_max_lag, q.queue_ticker_idle_period) then true
                    when q.queue_ticker_max_lag > interval '3 seconds' then false
                    when s.last_event > t.tick_event_seq then
                        now() - t.tick_time >= interval '100 milliseconds'
                        or not exists (
                            select
                                from pgq.subscription b
                                join pgq.consumer c on c.co_id = b.sub_consumer
                                where b.sub_queue = q.queue_id and b.sub_last_tick < t.tick_id - 10
                                    and b.sub_active > now() - interval '5 seconds'
                                    and c.co_name not like '.%'
                        )
                        -- subscribed nodes have such a consumer besides
                        or not exists (
                            select
                                from pgq.subscription b
                                join pgq.consumer c on c.co_id = b.sub_consumer
                                where b.sub_queue = q.queue_id and c.co_name like '.%.watermark'
                        )
                    when s.last_event = 1 then pgq._first_event_is_new(q.queue_data_pfx, t.tick_snapshot)
                    -- somebody else had a transaction open
                    when txid_snapshot_xmin(t.tick_snapshot) < greatest(txid_snapshot_xmax(t.tick_snapshot), t.txid)
                        then pgq._tick_is_unsettled(q.queue_id)
                    else false
                end
            order by q.queue_name
    loop
        continue when not pg_try_advisory_xact_lock(7366513, v_id);
        -- what was changed before we had the lock
        perform 1
            from pgq.queue q
            where q.queue_id = v_id and not q.queue_external_ticker and not q.queue_ticker_paused;
        continue when not found;

        tick_id := pgq._tick(queue_name, v_newest);
        if tick_id is not null then
            -- the limit of a payload
            perform pg_notify('pgq_tick', case when octet_length(queue_name) < 8000 then queue_name else '' end);
            return next;
        end if;
    end loop;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
