create or replace function pgq.maint_rotate_tables_step2()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_rotate_tables_step2(0)
--      Second step of the rotation: after the first one was committed, store a transaction id
--      that is higher than that of every producer that may have written to the previous table.
--
--      Why that holds. A producer always gets its transaction id first and then looks up the table.
--      READ COMMITTED: it reads the queue row. If it still saw the old number, step 1 was not committed, so its id is
--      lower than any id that is given out here.
--      Stricter levels: its view of the row may be old, so it reads the switch sequence, which changes for everybody
--      at once. We move that first and take the id afterwards. Our own transaction id will not do, since setval()
--      needs one before it writes: between the two a producer could get a higher id and read the old number. A
--      subtransaction that writes gets an id of its own, from the same counter, after setval() is done.
--      Who reads the new number early is safe too: step 1 is committed, so batches look into both tables.
-- Returns:
--      0
-- Tables directly manipulated:
--      update - pgq.queue
-- ----------------------------------------------------------------------
declare
    v_switch    regclass;
    v_bound     bigint;
    q           record;
begin
    for q in
        select queue_id, queue_cur_table
            from pgq.queue
            where queue_switch_step2 is null
                and queue_switch_step1 <> txid_current() -- not in the transaction of step 1: it is not committed
            order by queue_id
            for no key update
    loop
        v_switch := to_regclass('pgq.queue_' || q.queue_id || '_switch_seq');
        if v_switch is not null then
            perform setval(v_switch, q.queue_cur_table);
        end if;
        v_bound := null;
        begin
            update pgq.queue
                set queue_switch_step2 = txid_current()
                where queue_id = q.queue_id
                returning pgq._txid_from_xid(xmin) into v_bound;
        exception
            when null_value_not_allowed then -- never; the block is there for its subtransaction
                raise;
        end;
        update pgq.queue set queue_switch_step2 = v_bound where queue_id = q.queue_id;
    end loop;
    return 0;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;


create or replace function pgq._txid_from_xid(i_xid xid)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq._txid_from_xid(1)
--      The 64-bit form of a 32-bit transaction id that was given out by or after the start of this transaction.
-- ----------------------------------------------------------------------
    select txid_current() + (i_xid::text::bigint - txid_current() % 4294967296 + 4294967296) % 4294967296;
$$ language sql set search_path = pg_catalog, pg_temp;
