create or replace function pgq._insert_target(
    i_queue_name text, i_count integer, out table_name text, out sequence_name text)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq._insert_target(2)
--      Where a number of events are to be written now, after all the checks that pgq.insert_event makes.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_count         - number of events, for queue_per_tx_limit
-- Returns:
--      table_name      - table, quoted
--      sequence_name   - event sequence, for nextval
-- Calls:
--      pgq._check_insert
-- ----------------------------------------------------------------------
declare
    v_txid  bigint;
    q       record;
begin
    if i_queue_name is null then
        raise exception 'Queue name must not be NULL';
    end if;
    v_txid := txid_current(); -- before the queue row is read, see pgq.maint_rotate_tables_step2
    select queue_id, queue_data_pfx, queue_event_seq into q
        from pgq.queue
        where queue_name = i_queue_name;
    if not found then
        raise exception 'No such queue';
    end if;

    table_name := pgq.quote_fqname(
        q.queue_data_pfx || '_' || pgq._check_insert(i_queue_name, q.queue_id, i_count));
    sequence_name := q.queue_event_seq;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
