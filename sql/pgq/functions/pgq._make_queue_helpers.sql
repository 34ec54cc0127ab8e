create or replace function pgq._make_queue_helpers(i_queue_id integer)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq._make_queue_helpers(1)
--      Make, or bring up to date, what belongs to one queue beside the objects of the reference:
--
--      pgq.queue_<id>_switch_seq   number of the table that was current at the last completed rotation
--      pgq.queue_<id>_tx_seq       counter for queue_per_tx_limit, see pgq._check_tx_limit
--      pgq._insert_<id>            insert function with one static INSERT for each table
-- Returns:
--      1, or 0 when there is no such queue
-- Calls:
--      pgq._insert_function_body
-- ----------------------------------------------------------------------
declare
    v_switch    text := format('pgq.queue_%s_switch_seq', i_queue_id);
    v_tx        text := format('pgq.queue_%s_tx_seq', i_queue_id);
    v_args      constant text := 'bigint, timestamptz, integer, integer, text, text, text, text, text, text';
    v_body      text;
    q           record;
begin
    if to_regclass(v_switch) is null or to_regclass(v_tx) is null then
        -- rotation must not run meanwhile: it would not see the new sequence. Ticks may.
        select queue_cur_table into q
            from pgq.queue
            where queue_id = i_queue_id
            for no key update;
        if not found then
            return 0;
        end if;
        if to_regclass(v_switch) is null then
            execute 'create sequence ' || v_switch || ' minvalue 0 start 0';
            perform setval(v_switch, q.queue_cur_table);
        end if;
        if to_regclass(v_tx) is null then
            execute 'create sequence ' || v_tx || ' minvalue 0 start 0';
        end if;
        execute format('revoke all on sequence %s, %s from public', v_switch, v_tx);
        execute format('grant select on sequence %s to public', v_switch);
        execute format('grant update on sequence %s to pgq_admin', v_switch);
        execute format('grant select, usage, update on sequence %s to pgq_admin', v_tx);
    end if;

    v_body := pgq._insert_function_body(i_queue_id);
    if v_body is null then
        return 0;
    end if;
    if not exists (
        select 1 from pg_proc
        where oid = to_regprocedure(format('pgq._insert_%s(%s)', i_queue_id, v_args)) and prosrc = v_body)
    then
        execute format('create or replace function pgq._insert_%s(%s) returns bigint language plpgsql as %L',
            i_queue_id,
            'i_ev_id bigint, i_ev_time timestamptz, i_ev_owner integer, i_ev_retry integer, i_ev_type text,'
            ' i_ev_data text, i_ev_extra1 text, i_ev_extra2 text, i_ev_extra3 text, i_ev_extra4 text',
            v_body);
        execute format('revoke all on function pgq._insert_%s(%s) from public', i_queue_id, v_args);
        execute format('grant execute on function pgq._insert_%s(%s) to pgq_admin', i_queue_id, v_args);
    end if;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
