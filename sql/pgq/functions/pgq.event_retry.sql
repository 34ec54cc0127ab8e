create or replace function pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_time timestamptz)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.event_retry(3a)
--      Set an event of an open batch aside; this consumer sees it again later.
-- Parameters:
--      x_batch_id      - open batch
--      x_event_id      - event in it
--      x_retry_time    - when to put it back into the queue
-- Returns:
--      1, or 0 when it was set aside already
-- Calls:
--      pgq.get_batch_events
-- Tables directly manipulated:
--      insert - pgq.retry_queue
-- ----------------------------------------------------------------------
declare
    s   record;
    ev  record;
begin
    select sub_id, sub_queue into s from pgq.subscription where sub_batch = x_batch_id;
    if not found then
        raise exception 'batch not found';
    end if;

    execute 'select ev_id, ev_time, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from ('
        || pgq.batch_event_sql(x_batch_id) || ') b where ev_id = $1'
        into ev
        using x_event_id;
    if ev.ev_id is null then
        raise exception 'event not found';
    end if;

    insert into pgq.retry_queue (
            ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,
            ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        values (
            x_retry_time, s.sub_queue, ev.ev_id, ev.ev_time, s.sub_id, coalesce(ev.ev_retry, 0) + 1,
            ev.ev_type, ev.ev_data, ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4)
        on conflict (ev_owner, ev_id) do nothing;
    if not found then
        return 0;
    end if;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_seconds integer)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.event_retry(3b)
--      The same with a delay.
-- Parameters:
--      x_retry_seconds - from now; 0 and less: due at once
-- ----------------------------------------------------------------------
begin
    return pgq.event_retry(x_batch_id, x_event_id, current_timestamp + x_retry_seconds * interval '1 second');
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
