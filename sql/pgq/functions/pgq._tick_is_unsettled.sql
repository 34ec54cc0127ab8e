create or replace function pgq._tick_is_unsettled(i_queue_id integer)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._tick_is_unsettled(1)
--      Can there be events that the newest tick just missed? Ids are drawn before their transaction commits: a
--      tick in between counts the id and leaves the event to the next batch, although nothing new will come to make
--      the next tick due.
-- Parameters:
--      i_queue_id      - queue
-- Returns:
--      true when a transaction has ended that the newest tick saw open and that may have drawn one of the ids counted so
--      far. The set of these only shrinks, so the ticks that follow from it come to an end.
-- Called with a safe search_path by pgq.ticker_now.
-- ----------------------------------------------------------------------
    with recent as (
        select t.tick_id, t.tick_snapshot, t.xmax, pgq._tick_txid(t.tick_snapshot, t.own) as txid,
               t.tick_event_seq > lead(t.tick_event_seq) over (order by t.tick_id desc) as has_events
            from (
                select tick_id, tick_snapshot, tick_event_seq, txid_snapshot_xmax(tick_snapshot) as xmax, xmin as own
                    from pgq.tick
                    where tick_queue = i_queue_id
                    order by tick_queue desc, tick_id desc
                    limit 20
            ) t
    ),
    newest as (
        select * from recent order by tick_id desc limit 1
    ),
    -- an id from the snapshot's end to the tick's own was given out before the snapshot was taken, and not at its end
    open_then as (
        select txid_snapshot_xip(tick_snapshot) as txid from newest
        union all
        select generate_series(xmax, least(txid - 1, xmax + 1000)) from newest
        except
        select txid from newest
    )
    select exists (
        select 1
            from open_then o,
                 (select greatest(xmax, txid) as txid from recent where has_events order by tick_id desc limit 1) source
            where o.txid < source.txid and txid_visible_in_snapshot(o.txid, txid_current_snapshot())
    );
$$ language sql;
