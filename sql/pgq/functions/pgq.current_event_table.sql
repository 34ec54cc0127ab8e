create or replace function pgq.current_event_table(x_queue_name text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.current_event_table(1)
--      The table that takes the events of a queue now, for INSERT and COPY into it. The name is good until the
--      end of this transaction. Columns to give: ev_time, ev_type, ev_data, ev_extra1..4; ev_id and ev_txid
--      have defaults.
-- Parameters:
--      x_queue_name    - queue, must exist
-- Returns:
--      schema.table, not quoted
-- Calls:
--      pgq._current_table_number
-- ----------------------------------------------------------------------
declare
    v_txid  bigint := txid_current(); -- before the queue row is read, see pgq.maint_rotate_tables_step2
    q       record;
begin
    select queue_id, queue_data_pfx, queue_cur_table, queue_disable_insert into q
        from pgq.queue
        where queue_name = x_queue_name;
    if not found then
        raise exception 'Event queue not found';
    end if;
    if q.queue_disable_insert and current_setting('session_replication_role') <> 'replica'
       and pgq._replay_role() is distinct from 'replica'
    then
        raise exception 'Writing to queue disabled';
    end if;
    return q.queue_data_pfx || '_' || pgq._current_table_number(q.queue_id, q.queue_cur_table);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
