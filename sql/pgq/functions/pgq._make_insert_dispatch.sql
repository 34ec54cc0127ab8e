create or replace function pgq._make_insert_dispatch()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq._make_insert_dispatch(0)
--      Generate pgq._insert_dispatch again when it does not fit the queues any more. Never waits: when another
--      transaction is doing it, or this one cannot see what others committed, it is left as it is (a queue it does
--      not know is served by pgq._insert_generic) and pgq.maint_queue_helpers does it later.
-- Returns:
--      1 if it is up to date now, else 0
-- Calls:
--      pgq._insert_dispatch_body
-- ----------------------------------------------------------------------
declare
    v_body  text;
begin
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(7366513, -2) then
        return 0;
    end if;

    v_body := pgq._insert_dispatch_body();
    if not exists (
        select 1
        from pg_proc
        where pronamespace = 'pgq'::regnamespace and proname = '_insert_dispatch' and prosrc = v_body)
    then
        execute 'create or replace function pgq._insert_dispatch('
            'i_queue_name text, i_ev_id bigint, i_ev_time timestamptz, i_ev_owner integer, i_ev_retry integer,'
            ' i_ev_type text, i_ev_data text, i_ev_extra1 text, i_ev_extra2 text, i_ev_extra3 text, i_ev_extra4 text)'
            ' returns bigint language plpgsql as ' || quote_literal(v_body);
    end if;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
