create or replace function pgq.event_retry_raw(
    x_queue text, x_consumer text, x_retry_after timestamptz,
    x_ev_id bigint, x_ev_time timestamptz, x_ev_retry integer,
    x_ev_type text, x_ev_data text,
    x_ev_extra1 text, x_ev_extra2 text, x_ev_extra3 text, x_ev_extra4 text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.event_retry_raw(12)
--      Put an event with all its fields given into the retry queue, for one consumer.
-- Parameters:
--      x_queue         - queue
--      x_consumer      - consumer, must be registered on it
--      x_retry_after   - when it shall come into the queue
--      x_ev_id         - event id; null: the next one of the queue
--      x_ev_time ...   - fields of the event
-- Returns:
--      id of the event
-- Tables directly manipulated:
--      insert - pgq.retry_queue
-- ----------------------------------------------------------------------
declare
    v_id    bigint;
    s       record;
begin
    select sub_id, queue_id, queue_event_seq into s
        from pgq.consumer, pgq.queue, pgq.subscription
        where queue_name = x_queue
            and co_name = x_consumer
            and sub_consumer = co_id
            and sub_queue = queue_id;
    if not found then
        raise exception 'consumer not registered';
    end if;

    v_id := coalesce(x_ev_id, nextval(s.queue_event_seq));
    insert into pgq.retry_queue (
            ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,
            ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        values (
            x_retry_after, s.queue_id, v_id, x_ev_time, s.sub_id, x_ev_retry,
            x_ev_type, x_ev_data, x_ev_extra1, x_ev_extra2, x_ev_extra3, x_ev_extra4);
    return v_id;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
