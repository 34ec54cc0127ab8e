create or replace function pgq.maint_operations(out func_name text, out func_arg text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_operations(0)
--      The calls that a maintenance daemon should make now, each in a transaction of its own.
-- Returns:
--      func_name   - function, or 'vacuum' / 'vacuum analyze'
--      func_arg    - its only argument, or null: it takes none
--      A call that returns a non-zero integer is to be repeated.
-- ----------------------------------------------------------------------
declare
    v_rotate    boolean := false;
    v_flag      boolean;
begin
    for func_name, func_arg in
        select 'pgq.maint_rotate_tables_step1', queue_name
            from pgq.queue
            where queue_rotation_period is not null
                and queue_switch_step2 is not null
                and current_timestamp not between queue_switch_time - queue_rotation_period and queue_switch_time + queue_rotation_period
            order by queue_name
    loop
        v_rotate := true;
        return next;
    end loop;
    if v_rotate or exists (select 1 from pgq.queue where queue_switch_step2 is null) then
        func_name := 'pgq.maint_rotate_tables_step2';
        func_arg := null;
        return next;
    end if;

    return query
        select u.name, x.queue_name
            from pgq.queue x, unnest(x.queue_extra_maint) with ordinality u (name, position)
            order by x.queue_name, u.position;

    return query
        select 'vacuum', t.name
            from pgq.maint_tables_to_vacuum() t (name);

    if to_regproc('pgq_node.maint_watermark') is not null then
        return query execute
            'select ''pgq_node.maint_watermark'', queue_name from pgq_node.node_info where node_type = ''root'' order by 2';
    end if;
    if to_regprocedure('londiste.root_check_seqs(text)') is not null then
        return query execute
            'select distinct ''londiste.root_check_seqs'', s.queue_name'
            ' from londiste.seq_info s, pgq_node.node_info n'
            ' where s.local and n.node_type = ''root'' and n.queue_name = s.queue_name order by 2';
    end if;
    if to_regproc('londiste.periodic_maintenance') is not null then
        func_name := 'londiste.periodic_maintenance';
        func_arg := null;
        return next;
    end if;

    if pgq.next_delayed_event() <= now() then
        func_name := 'pgq.maint_delayed_events';
        func_arg := null;
        return next;
    end if;
    if exists (select from pgq.event_key where ek_expire <= now()) then
        func_name := 'pgq.maint_event_keys';
        func_arg := null;
        return next;
    end if;
    if pgq._queue_helpers_stale() then
        func_name := 'pgq.maint_queue_helpers';
        func_arg := null;
        return next;
    end if;
    if pgq.maint_triggers_needed() then
        func_name := 'pgq.maint_triggers';
        func_arg := null;
        return next;
    end if;
    if to_regprocedure('pgq.maint_capture_needed()') is not null and to_regprocedure('pgq.maint_capture()') is not null then
        execute 'select pgq.maint_capture_needed()' into v_flag;
        if v_flag then
            func_name := 'pgq.maint_capture';
            func_arg := null;
            return next;
        end if;
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
