create or replace function pgq._check_tx_limit(
    i_queue_name text, i_queue_id integer, i_limit integer, i_count integer)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._check_tx_limit(4)
--      Count events of this transaction, fail when there are more than queue_per_tx_limit.
--
--      The count must survive ROLLBACK TO SAVEPOINT and be private to the session. setval() keeps its value in
--      memory of the session where currval() finds it again, and is never undone: so a sequence of the
--      queue holds <transaction id, 31 bits> <count, 32 bits>.
-- Parameters:
--      i_queue_name    - for the message
--      i_queue_id      - queue
--      i_limit         - most events allowed, >= 0
--      i_count         - how many are to be inserted now
-- ----------------------------------------------------------------------
declare
    v_seq       regclass := to_regclass('pgq.queue_' || i_queue_id || '_tx_seq');
    v_tx_part   bigint := (txid_current() % 2147483648) << 32;
    v_last      bigint := 0;
    v_count     bigint := 0;
begin
    if v_seq is null then
        execute 'select count(*) from pgq.event_' || i_queue_id || ' where ev_txid = txid_current()'
            into v_count;
        v_count := v_count + i_count;
    else
        begin
            v_last := currval(v_seq);
        exception
            when object_not_in_prerequisite_state then
                v_last := 0; -- first limited event of this session
        end;
        if v_last >= v_tx_part and v_last < v_tx_part + 4294967296 then
            v_count := v_last - v_tx_part;
        end if;
        v_count := least(v_count + i_count, 4294967295);
        perform setval(v_seq, v_tx_part + v_count);
    end if;

    if v_count > i_limit then
        raise exception 'Queue ''%'' allows max % events from one TX', i_queue_name, i_limit;
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
