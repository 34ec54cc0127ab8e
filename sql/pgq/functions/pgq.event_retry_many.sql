create or replace function pgq.event_retry_many(
    i_batch_id bigint, i_event_ids bigint[], i_retry_seconds integer[])
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.event_retry_many(3)
--      Set events of an open batch aside, as pgq.event_retry does, with one reading of the batch.
-- Parameters:
--      i_batch_id      - open batch
--      i_event_ids     - events in it
--      i_retry_seconds - as many delays from now; 0 and less: due at once
-- Returns:
--      number of events set aside, without those that were so already
-- Calls:
--      pgq._batch_events
-- Tables directly manipulated:
--      insert - pgq.retry_queue
-- ----------------------------------------------------------------------
declare
    v_count integer;
    s       record;
begin
    perform pgq._check_same_length('event_retry_many', 'i_event_ids', i_event_ids, 'i_retry_seconds', i_retry_seconds);
    select sub_id, sub_queue into s from pgq.subscription where sub_batch = i_batch_id;
    if not found then
        raise exception 'batch not found';
    end if;

    insert into pgq.retry_queue (
            ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,
            ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select current_timestamp + i_retry_seconds[b.place] * interval '1 second', s.sub_queue,
               b.ev_id, b.ev_time, s.sub_id, coalesce(b.ev_retry, 0) + 1,
               b.ev_type, b.ev_data, b.ev_extra1, b.ev_extra2, b.ev_extra3, b.ev_extra4
            from pgq._batch_events(i_batch_id, i_event_ids) b
            order by b.ev_id
        on conflict (ev_owner, ev_id) do nothing;
    get diagnostics v_count = row_count;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
