create or replace function pgq._drop_queue_helpers(i_queue_id integer)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._drop_queue_helpers(1)
--      Drop what pgq._make_queue_helpers made, after the queue's row is gone. The insert function stays as long as
--      pgq._insert_dispatch may still call it; then pgq.maint_queue_helpers drops it later.
-- Calls:
--      pgq._make_insert_dispatch
-- ----------------------------------------------------------------------
declare
    v_function  text := format('pgq._insert_%s(bigint, timestamptz, integer, integer, text, text, text, text, text, text)',
        i_queue_id);
begin
    if to_regclass('pgq.queue_' || i_queue_id || '_switch_seq') is not null then
        execute 'drop sequence pgq.queue_' || i_queue_id || '_switch_seq';
    end if;
    if to_regclass('pgq.queue_' || i_queue_id || '_tx_seq') is not null then
        execute 'drop sequence pgq.queue_' || i_queue_id || '_tx_seq';
    end if;
    if pgq._make_insert_dispatch() = 1 and to_regprocedure(v_function) is not null then
        execute 'drop function ' || v_function;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
