create or replace function pgq._capture_is_plain(i_queue_id integer)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_is_plain(1)
--      Tells whether events may be written into a queue without looking at
--      its settings. Folded into plans like pgq._capture_is_current; trigger
--      _pgq_capture on pgq.queue makes new plans when the settings change.
-- ----------------------------------------------------------------------
    -- a row that was replaced after the snapshot of a transaction says nothing; insert_event knows how to go on
    select exists (
        select from pgq.queue q
         where q.queue_id = i_queue_id
           and not q.queue_disable_insert
           and q.queue_per_tx_limit is null
           and (q.xmax::text = '0' or current_setting('transaction_isolation') in ('read committed', 'read uncommitted')));
$$ language sql immutable security definer set search_path = pg_catalog, pg_temp;
