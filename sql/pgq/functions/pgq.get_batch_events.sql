create or replace function pgq.get_batch_events(
    x_batch_id bigint,
    out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry integer,
    out ev_type text, out ev_data text,
    out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_batch_events(1)
--      The events of an open batch, in the order of their ids. Needs SELECT on the event tables.
-- Parameters:
--      x_batch_id      - open batch
-- Returns:
--      events; none is normal
-- Calls:
--      pgq.batch_event_sql
-- ----------------------------------------------------------------------
begin
    return query execute pgq.batch_event_sql(x_batch_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
