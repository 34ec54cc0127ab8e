create or replace function pgq.get_dead_letters(
    i_queue_name text, i_consumer_name text, i_after_id bigint default 0, i_limit integer default 100,
    out dl_id bigint, out queue_name text, out consumer_name text, out dl_time timestamptz, out dl_reason text,
    out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry integer,
    out ev_type text, out ev_data text,
    out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_dead_letters(2 .. 4)
--      Events that consumers gave up on, the oldest first.
-- Parameters:
--      i_queue_name    - queue; null: all
--      i_consumer_name - consumer; null: all
--      i_after_id      - only those with a higher dl_id: the last one of the page before
--      i_limit         - most rows; null: all
-- Returns:
--      dl_id           - number of the dead letter
--      dl_time         - when it was given up
--      dl_reason       - why
--      ev_id ...       - the event as it was
-- ----------------------------------------------------------------------
begin
    return query
        select d.dl_id, q.queue_name, d.dl_consumer, d.dl_time, d.dl_reason,
               d.ev_id, d.ev_time, d.ev_txid, d.ev_retry,
               d.ev_type, d.ev_data, d.ev_extra1, d.ev_extra2, d.ev_extra3, d.ev_extra4
            from pgq.dead_letter d, pgq.queue q
            where q.queue_id = d.dl_queue
                and (i_queue_name is null or q.queue_name = i_queue_name)
                and (i_consumer_name is null or d.dl_consumer = i_consumer_name)
                and d.dl_id > coalesce(i_after_id, 0)
            order by d.dl_id
            limit i_limit;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
