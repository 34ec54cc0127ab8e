create or replace function pgq.ticker(i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamptz, i_event_seq bigint)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.ticker(4)
--      Record a tick that was made elsewhere: queues with queue_external_ticker. The snapshot is that of this
--      database.
-- Parameters:
--      i_queue_name        - queue, external and not paused
--      i_tick_id           - id of the tick, must be new
--      i_orig_timestamp    - when it was made
--      i_event_seq         - highest event id before it
-- Returns:
--      the id
-- Tables directly manipulated:
--      insert - pgq.tick
-- ----------------------------------------------------------------------
declare
    v_txid  bigint := txid_current();
    q       record;
begin
    select queue_id, queue_tick_seq, queue_event_seq into q
        from pgq.queue
        where queue_name = i_queue_name and queue_external_ticker and not queue_ticker_paused;
    if not found then
        raise exception 'queue not found or ticker disabled: %', i_queue_name;
    end if;
    perform pg_advisory_xact_lock(7366513, q.queue_id);

    insert into pgq.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)
        values (q.queue_id, i_tick_id, i_orig_timestamp,
                case when txid_visible_in_snapshot(v_txid, txid_current_snapshot())
                     then pgq._own_txid_open(txid_current_snapshot(), v_txid)
                     else txid_current_snapshot() end,
                i_event_seq);
    perform pgq.seq_setval(q.queue_tick_seq, i_tick_id);
    perform pgq.seq_setval(q.queue_event_seq, i_event_seq);
    return i_tick_id;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.ticker(i_queue_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.ticker(1)
--      Make a tick for a queue if it is due.
-- Parameters:
--      i_queue_name    - queue, neither external nor paused
-- Returns:
--      id of the new tick, or null when none was due
-- Calls:
--      pgq._tick
-- ----------------------------------------------------------------------
begin
    return pgq._tick(i_queue_name, null);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.ticker()
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.ticker(0)
--      Make the ticks that are due, of all queues that are neither external nor paused.
-- Returns:
--      number of ticks made
-- ----------------------------------------------------------------------
declare
    v_ids   integer[];
    v_names text[];
    v_id    integer;
    v_count bigint := 0;
    v_xmax  bigint := txid_snapshot_xmax(txid_current_snapshot());
begin
    -- in one look those that may be due; _tick decides, and complains of what cannot be
    begin
        select array_agg(q.queue_id order by q.queue_name), array_agg(q.queue_name order by q.queue_name)
            into v_ids, v_names
            from pgq.queue q
            left join lateral (
                select n.tick_id, n.tick_time, n.tick_event_seq, txid_snapshot_xmax(n.tick_snapshot) as xmax
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
                and (t.tick_id is null
                    or s.last_event < t.tick_event_seq
                    or t.xmax > v_xmax
                    -- no last value before the first nextval
                    or pgq._tick_is_due(coalesce(s.last_event - t.tick_event_seq, 0), now() - t.tick_time,
                            t.tick_time - before.tick_time,
                            q.queue_ticker_max_count, q.queue_ticker_max_lag, q.queue_ticker_idle_period));
    exception
        when undefined_table or internal_error then
            -- the sequence of a queue that was dropped just now; _tick is asked for each of the others
            select array_agg(q.queue_id order by q.queue_name), array_agg(q.queue_name order by q.queue_name)
                into v_ids, v_names
                from pgq.queue q
                where not q.queue_external_ticker and not q.queue_ticker_paused;
    end;
    for v_at in 1 .. coalesce(array_length(v_ids, 1), 0) loop
        v_id := v_ids[v_at];
        -- drop_queue has this lock to its end: what was dropped meanwhile must not stop the other queues
        perform pg_advisory_xact_lock(7366513, v_id);
        perform 1
            from pgq.queue
            where queue_id = v_id and not queue_external_ticker and not queue_ticker_paused;
        continue when not found;

        if pgq._tick(v_names[v_at], null) is not null then
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
