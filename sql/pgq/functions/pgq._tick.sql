create or replace function pgq._tick(i_queue_name text, i_due_after bigint)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq._tick(2)
--      Make a tick for a queue if it is due. Calls for one queue go one after the other: the lock is taken by an
--      earlier statement than the one that takes the snapshot, so ids and snapshots have the same order. In the
--      stricter isolation levels the snapshot is older than that; pgq._check_ticks_seen looks for newer ticks there.
-- Parameters:
--      i_queue_name    - queue, neither external nor paused
--      i_due_after     - tick after which the caller found a new one due; null: look whether it is
-- Returns:
--      id of the new tick, or null when none was due
-- Called with a safe search_path by pgq.ticker and pgq.ticker_now; one of its own would be paid for each queue.
-- Tables directly manipulated:
--      insert - pgq.tick
-- ----------------------------------------------------------------------
declare
    v_seq       bigint;
    v_txid      bigint;
    v_new       bigint;
    v_gap       interval;
    v_tick      bigint;
    q           record;
    t           record;
begin
    select queue_id, queue_tick_seq, queue_event_seq, queue_external_ticker, queue_ticker_paused,
           queue_ticker_max_count, queue_ticker_max_lag, queue_ticker_idle_period
        into q
        from pgq.queue
        where queue_name = i_queue_name;
    if not found then
        raise exception 'no such queue';
    end if;
    if q.queue_external_ticker then
        raise exception 'This queue has external tick source.';
    end if;
    if q.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue';
    end if;
    perform pg_advisory_xact_lock(7366513, q.queue_id);

    -- null before the first nextval
    v_seq := coalesce(pg_sequence_last_value(q.queue_event_seq), pgq.seq_getval(q.queue_event_seq));

    select tick_id, tick_time, tick_event_seq, now() - tick_time as lag,
           txid_snapshot_xmin(tick_snapshot) as xmin, txid_snapshot_xmax(tick_snapshot) as xmax
        into t
        from pgq.tick
        where tick_queue = q.queue_id
        order by tick_queue desc, tick_id desc
        limit 1;
    -- has an id before the snapshot of the insert below is taken, see pgq._own_txid_open
    v_txid := txid_current();
    if found then
        v_new := v_seq - t.tick_event_seq;
        if t.xmin > v_txid then
            raise exception 'Invalid PgQ state: old xmin=%, old xmax=%, cur txid=%', t.xmin, t.xmax, v_txid;
        end if;
        if v_new < 0 then
            raise warning 'Negative new_events?  old=% cur=%', t.tick_event_seq, v_seq;
        end if;
        -- an id that we got before we waited for another ticker is lower than its snapshot's end: nothing dubious
        if t.xmax > v_txid and t.xmax > txid_snapshot_xmax(txid_current_snapshot()) then
            raise warning 'Dubious PgQ state: old xmax=%, cur txid=%', t.xmax, v_txid;
        end if;

        if i_due_after is not null then
            if i_due_after <> t.tick_id then
                return null; -- somebody else has made it meanwhile
            end if;
        else
            select t.tick_time - tick_time into v_gap
                from pgq.tick
                where tick_queue = q.queue_id and tick_id < t.tick_id
                order by tick_queue desc, tick_id desc
                limit 1;
            if not pgq._tick_is_due(v_new, t.lag, v_gap, q.queue_ticker_max_count, q.queue_ticker_max_lag, q.queue_ticker_idle_period) then
                return null;
            end if;
        end if;
    end if;

    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform pgq._check_ticks_seen(q.queue_id, t.tick_id, pg_sequence_last_value(q.queue_tick_seq));
    end if;
    insert into pgq.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
        values (q.queue_id, nextval(q.queue_tick_seq),
                case when txid_visible_in_snapshot(v_txid, txid_current_snapshot())
                     then pgq._own_txid_open(txid_current_snapshot(), v_txid)
                     else txid_current_snapshot() end,
                v_seq)
        returning tick_id into v_tick;
    return v_tick;
end; $$ language plpgsql;
