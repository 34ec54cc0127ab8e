create or replace function pgq._batch_events(
    i_batch_id bigint, i_event_ids bigint[],
    out place integer, out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry integer,
    out ev_type text, out ev_data text,
    out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._batch_events(2)
--      Some events of an open batch, by one reading of it. An id that is not in the batch is an error.
-- Parameters:
--      i_batch_id      - open batch
--      i_event_ids     - ids; of one that is named twice the first counts
-- Returns:
--      place           - place of the id in i_event_ids
--      ev_id ...       - the event
-- Calls:
--      pgq.batch_event_sql
-- ----------------------------------------------------------------------
declare
    v_wanted    bigint;
    v_found     bigint;
begin
    select count(distinct coalesce(u.id, -1)) into v_wanted from unnest(i_event_ids) u (id);
    if v_wanted = 0 then
        return;
    end if;
    return query execute
        'select u.place::integer, b.*'
        ' from (select i.id, min(i.n) as place from unnest($1) with ordinality i (id, n) group by i.id) u,'
        ' (' || pgq.batch_event_sql(i_batch_id) || ') b where b.ev_id = u.id'
        using i_event_ids;
    get diagnostics v_found = row_count;
    if v_found < v_wanted then
        raise exception 'event not found'
            using detail = format('batch %s has %s of the %s events', i_batch_id, v_found, v_wanted);
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
