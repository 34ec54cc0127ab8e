create or replace function pgq.get_delayed_events(
    i_queue_name text, i_limit integer default 100,
    out queue_name text, out ev_id bigint, out de_due timestamptz, out de_created timestamptz,
    out ev_type text, out ev_data text,
    out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_delayed_events(1 .. 2)
--      Events that have not come into their queue yet, the next one first.
-- Parameters:
--      i_queue_name    - queue; null: all
--      i_limit         - most rows; null: all
-- Returns:
--      ev_id           - id, for pgq.cancel_delayed_event
--      de_due          - when it is to come
--      de_created      - when it was given
--      ev_type ...     - payload
-- ----------------------------------------------------------------------
begin
    return query
        select q.queue_name, d.ev_id, d.de_due, d.de_created,
               d.ev_type, d.ev_data, d.ev_extra1, d.ev_extra2, d.ev_extra3, d.ev_extra4
            from pgq.delayed_event d, pgq.queue q
            where q.queue_id = d.de_queue
                and (i_queue_name is null or q.queue_name = i_queue_name)
            order by d.de_due, d.ev_id
            limit i_limit;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
