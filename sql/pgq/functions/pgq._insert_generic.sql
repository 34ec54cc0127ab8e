create or replace function pgq._insert_generic(
    i_queue_name text, i_ev_id bigint, i_ev_time timestamptz,
    i_ev_owner integer, i_ev_retry integer, i_ev_type text, i_ev_data text,
    i_ev_extra1 text, i_ev_extra2 text, i_ev_extra3 text, i_ev_extra4 text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq._insert_generic(11)
--      Insert an event into any queue, also one without helpers of its own. Slow: parses an INSERT at each call.
-- Returns:
--      id of the event
-- Calls:
--      pgq._check_insert
-- ----------------------------------------------------------------------
declare
    v_txid  bigint;
    v_seq   bigint;
    v_table integer;
    q       record;
begin
    if i_queue_name is null then
        raise exception 'Queue name must not be NULL';
    end if;

    -- before the queue row is read, see pgq.maint_rotate_tables_step2
    v_txid := txid_current();

    select queue_id, queue_data_pfx, nextval(queue_event_seq) as next_id into q
        from pgq.queue
        where queue_name = i_queue_name;
    if not found then
        raise exception 'No such queue';
    end if;
    v_table := pgq._check_insert(i_queue_name, q.queue_id, 1);

    v_seq := coalesce(i_ev_id, q.next_id);
    execute 'insert into ' || pgq.quote_fqname(q.queue_data_pfx || '_' || v_table)
        || ' (ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
        || ' values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)'
        using v_seq, coalesce(i_ev_time, now()), i_ev_owner, i_ev_retry,
              i_ev_type, i_ev_data, i_ev_extra1, i_ev_extra2, i_ev_extra3, i_ev_extra4;
    return v_seq;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
