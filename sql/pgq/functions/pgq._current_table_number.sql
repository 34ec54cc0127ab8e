create or replace function pgq._current_table_number(i_queue_id integer, i_cur_table integer)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq._current_table_number(2)
--      Which child table of a queue a producer has to write to. Must be called after txid_current().
--
--      In READ COMMITTED that is queue_cur_table, read after the transaction got its id. In the stricter levels the
--      row may be older than a rotation; there the switch sequence tells, which is not under MVCC
--      (see pgq.maint_rotate_tables_step2). A queue without one gets its row locked: when a rotation
--      happened since the snapshot, that is a serialization failure.
-- Parameters:
--      i_queue_id      - queue, must exist
--      i_cur_table     - its queue_cur_table
-- ----------------------------------------------------------------------
declare
    v_seq   regclass;
    v_table integer;
begin
    if current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        return i_cur_table;
    end if;

    v_seq := to_regclass('pgq.queue_' || i_queue_id || '_switch_seq');
    if v_seq is not null then
        return pg_sequence_last_value(v_seq);
    end if;

    select queue_cur_table into v_table
        from pgq.queue
        where queue_id = i_queue_id
        for share;
    return v_table;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
