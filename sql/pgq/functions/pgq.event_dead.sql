create or replace function pgq.event_dead(i_batch_id bigint, i_event_ids bigint[], i_reasons text[])
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.event_dead(3)
--      Give events of an open batch up: they are kept as dead letters of the consumer until somebody looks. To be called
--      in the transaction that finishes the batch. Dead letters of a cooperative consumer belong to the main consumer.
-- Parameters:
--      i_batch_id      - open batch
--      i_event_ids     - events in it
--      i_reasons       - as many texts; null: no reason
-- Returns:
--      number of new dead letters; an event that is one already stays as it is
-- Calls:
--      pgq._batch_events
-- Tables directly manipulated:
--      insert - pgq.dead_letter
-- ----------------------------------------------------------------------
declare
    v_count     integer;
    v_queue     integer;
    v_consumer  text;
begin
    perform pgq._check_same_length('event_dead', 'i_event_ids', i_event_ids, 'i_reasons', i_reasons);
    -- the name of the main consumer is the beginning of those of its subconsumers
    select m.sub_queue, c.co_name into v_queue, v_consumer
        from pgq.subscription s, pgq.subscription m, pgq.consumer c
        where s.sub_batch = i_batch_id
            and m.sub_queue = s.sub_queue
            and m.sub_id = s.sub_id
            and c.co_id = m.sub_consumer
        order by length(c.co_name)
        limit 1;
    if not found then
        raise exception 'batch not found';
    end if;

    insert into pgq.dead_letter (
            dl_queue, dl_consumer, dl_reason, ev_id, ev_time, ev_txid, ev_retry,
            ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select v_queue, v_consumer, i_reasons[b.place], b.ev_id, b.ev_time, b.ev_txid, b.ev_retry,
               b.ev_type, b.ev_data, b.ev_extra1, b.ev_extra2, b.ev_extra3, b.ev_extra4
            from pgq._batch_events(i_batch_id, i_event_ids) b
            order by b.ev_id
        on conflict (dl_queue, dl_consumer, ev_id) do nothing;
    get diagnostics v_count = row_count;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
