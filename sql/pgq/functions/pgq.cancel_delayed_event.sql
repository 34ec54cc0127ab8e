create or replace function pgq.cancel_delayed_event(i_queue_name text, i_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq.cancel_delayed_event(2)
--      Take back an event that has not come into its queue yet.
-- Parameters:
--      i_queue_name    - queue
--      i_id            - id that pgq.insert_event_at returned
-- Returns:
--      true; false when it is in the queue already, was cancelled, or never was there
-- Tables directly manipulated:
--      delete - pgq.delayed_event
-- ----------------------------------------------------------------------
begin
    delete from pgq.delayed_event
        using pgq.queue
        where queue_name = i_queue_name and de_queue = queue_id and ev_id = i_id;
    return found;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
