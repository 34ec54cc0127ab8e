create or replace function pgq.maint_rotate_tables_step1(i_queue_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_rotate_tables_step1(1)
--      If rotation is due and no consumer needs the oldest table: empty that and let producers write to it.
--      pgq.maint_rotate_tables_step2 must follow in a transaction of its own.
-- Parameters:
--      i_queue_name    - queue
-- Returns:
--      0
-- Tables directly manipulated:
--      update - pgq.queue
--      delete - pgq.tick
--      truncate - pgq.event_N_M
-- ----------------------------------------------------------------------
declare
    v_lowest    bigint;
    v_xmin      bigint;
    v_next      integer;
    v_table     text;
    q           record;
begin
    select queue_id, queue_ntables, queue_cur_table, queue_data_pfx, queue_switch_step1, queue_switch_step2 into q
        from pgq.queue
        where queue_name = i_queue_name
            and queue_rotation_period is not null
            and queue_switch_step2 is not null
            -- a switch in the future means that the clock was set back
            and current_timestamp not between queue_switch_time - queue_rotation_period and queue_switch_time + queue_rotation_period
        for no key update;
    if not found then
        return 0;
    end if;
    if txid_current() < q.queue_switch_step1 then
        raise exception 'queue % maint failure: step1=%, current=%',
            i_queue_name, q.queue_switch_step1, txid_current();
    end if;

    select min(sub_last_tick) into v_lowest from pgq.subscription where sub_queue = q.queue_id;
    if v_lowest is not null then
        select txid_snapshot_xmin(tick_snapshot) into v_xmin
            from pgq.tick
            where tick_queue = q.queue_id and tick_id = v_lowest;
        if not found then
            raise exception 'queue % maint failure: tick % not found', i_queue_name, v_lowest;
        end if;
        if v_xmin <= q.queue_switch_step2 then
            return 0; -- that consumer may still have to read the previous table
        end if;
    end if;

    v_next := (q.queue_cur_table + 1) % q.queue_ntables;
    v_table := pgq.quote_fqname(q.queue_data_pfx || '_' || v_next);
    begin
        execute 'lock table ' || v_table || ' in access exclusive mode nowait';
        execute 'truncate ' || v_table;
    exception
        when lock_not_available then
            return 0; -- pg_dump reads it; next time
    end;

    update pgq.queue
        set queue_cur_table = v_next,
            queue_switch_time = current_timestamp,
            queue_switch_step1 = txid_current(),
            queue_switch_step2 = null
        where queue_id = q.queue_id;
    delete from pgq.tick
        where tick_queue = q.queue_id
            and txid_snapshot_xmin(tick_snapshot) < q.queue_switch_step2;
    return 0;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
