create or replace function pgq.insert_event_raw(
    queue_name text, ev_id bigint, ev_time timestamptz,
    ev_owner integer, ev_retry integer, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_event_raw(11)
--      Insert an event with all its fields given; used for events that come back from the retry queue.
-- Parameters:
--      queue_name      - queue, must exist
--      ev_id           - event id; null: the next one of the queue
--      ev_time         - creation time; null: now
--      ev_owner        - sub_id that alone shall see the event; null: everybody
--      ev_retry        - how often it was set aside; null: never
--      ev_type ...     - payload, see pgq.insert_event
-- Returns:
--      id of the event
-- Calls:
--      pgq._insert_dispatch
-- ----------------------------------------------------------------------
begin
    return pgq._insert_dispatch(queue_name, ev_id, ev_time, ev_owner, ev_retry,
        ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4);
end; $$ language plpgsql;
