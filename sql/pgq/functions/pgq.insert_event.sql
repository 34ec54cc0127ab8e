create or replace function pgq.insert_event(
    queue_name text, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_event(7)
--      Insert a new event into a queue, in the caller's transaction.
-- Parameters:
--      queue_name      - queue, must exist
--      ev_type         - event type, the first thing consumers look at
--      ev_data         - payload
--      ev_extra1..4    - more fields, their meaning is up to the producer
-- Returns:
--      id of the event
-- Calls:
--      pgq._insert_dispatch
-- Hot path: no "set search_path", it would cost a tenth of the whole call; every name and operator inside is qualified.
-- ----------------------------------------------------------------------
begin
    return pgq._insert_dispatch(queue_name, null, pg_catalog.now(), null, null,
        ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4);
end; $$ language plpgsql security definer;


create or replace function pgq.insert_event(queue_name text, ev_type text, ev_data text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_event(3)
--      Insert a new event into a queue, without extra fields.
-- Returns:
--      id of the event
-- Calls:
--      pgq._insert_dispatch
-- Not by way of the longer form, which would cost one more call; not in SQL, which would be planned at each call.
-- ----------------------------------------------------------------------
begin
    return pgq._insert_dispatch(queue_name, null, pg_catalog.now(), null, null,
        ev_type, ev_data, null, null, null, null);
end; $$ language plpgsql security definer;
