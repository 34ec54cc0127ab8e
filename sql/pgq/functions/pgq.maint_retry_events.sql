create or replace function pgq.maint_retry_events()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_retry_events(0)
--      Put up to 10 events whose time has come back into their queues. To be called until it returns 0.
-- Returns:
--      number of events
-- Calls:
--      pgq.insert_event_raw
-- Tables directly manipulated:
--      delete - pgq.retry_queue
-- ----------------------------------------------------------------------
declare
    v_count integer := 0;
    v_id    bigint;
    r       record;
begin
    -- one mover at a time; consumers go on inserting
    lock table pgq.retry_queue in share update exclusive mode;

    for r in
        select queue_name, ev_id, ev_time, ev_owner, ev_retry,
               ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4
            from pgq.retry_queue, pgq.queue
            where ev_retry_after <= current_timestamp and queue_id = ev_queue
            order by ev_retry_after
            limit 10
    loop
        v_count := v_count + 1;
        v_id := pgq.insert_event_raw(r.queue_name, r.ev_id, r.ev_time, r.ev_owner, r.ev_retry,
            r.ev_type, r.ev_data, r.ev_extra1, r.ev_extra2, r.ev_extra3, r.ev_extra4);
        delete from pgq.retry_queue where ev_owner = r.ev_owner and ev_id = r.ev_id;
    end loop;
    return v_count;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
