create or replace function pgq.insert_event_at(
    i_queue_name text, i_due timestamptz, i_type text, i_data text,
    i_extra1 text default null, i_extra2 text default null, i_extra3 text default null, i_extra4 text default null)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_event_at(4 .. 8)
--      Insert an event that comes into its queue later, with the id that is returned here and the due time as its
--      ev_time. It is moved there by pgq.maint_delayed_events, so it is as late as that is called. Due now or earlier,
--      it is inserted at once. The queue's limit and its refusal of inserts hold now and when the event is moved.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_due           - when the event is to come
--      i_type          - event type
--      i_data          - payload
--      i_extra1 .. 4   - more fields
-- Returns:
--      id of the event
-- Calls:
--      pgq._insert_target, pgq._insert_dispatch
-- Tables directly manipulated:
--      insert - pgq.delayed_event
-- ----------------------------------------------------------------------
declare
    v_seq   text;
    v_id    bigint;
begin
    if i_due is null or i_due = 'infinity' then
        raise exception 'insert_event_at: i_due must be a time, not %', coalesce(i_due::text, 'NULL');
    end if;
    if i_due <= clock_timestamp() then
        return pgq._insert_dispatch(i_queue_name, null, now(), null, null,
            i_type, i_data, i_extra1, i_extra2, i_extra3, i_extra4);
    end if;

    select t.sequence_name into v_seq from pgq._insert_target(i_queue_name, 1) t;
    v_id := nextval(v_seq);
    insert into pgq.delayed_event (
            de_queue, de_due, ev_id, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select q.queue_id, i_due, v_id, i_type, i_data, i_extra1, i_extra2, i_extra3, i_extra4
            from pgq.queue q
            where q.queue_name = i_queue_name;
    return v_id;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
