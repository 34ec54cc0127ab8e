create or replace function pgq._first_event_is_new(i_data_pfx text, i_snapshot txid_snapshot)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._first_event_is_new(2)
--      Is the first event of a queue there, and not seen by a tick? The event sequence reads 1 before it and after it.
-- Parameters:
--      i_data_pfx      - schema.name of the event table
--      i_snapshot      - of the tick
-- Called with a safe search_path by pgq.ticker_now.
-- ----------------------------------------------------------------------
declare
    v_is_new    boolean;
begin
    execute format('select exists (select 1 from %s where not txid_visible_in_snapshot(ev_txid, $1))', pgq.quote_fqname(i_data_pfx))
        into v_is_new using i_snapshot;
    return v_is_new;
end; $$ language plpgsql;
