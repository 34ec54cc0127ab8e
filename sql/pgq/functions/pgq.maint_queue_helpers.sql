create or replace function pgq.maint_queue_helpers()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_queue_helpers(0)
--      Make the helpers of queues that have none, drop those of queues that are gone, bring pgq._insert_dispatch up
--      to date. pgq.maint_operations lists it when there is something to do.
-- Returns:
--      0
-- Calls:
--      pgq._make_queue_helpers, pgq._make_insert_dispatch
-- ----------------------------------------------------------------------
declare
    v_id        integer;
    v_function  regprocedure;
begin
    for v_id in
        select queue_id from pgq.queue order by queue_id
    loop
        perform pgq._make_queue_helpers(v_id);
    end loop;

    if pgq._make_insert_dispatch() = 0 then
        return 0;
    end if;
    for v_function in
        select f.function from pgq._leftover_insert_functions() f (function)
    loop
        execute 'drop function ' || v_function;
    end loop;
    return 0;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq._leftover_insert_functions()
returns setof regprocedure as $$
-- ----------------------------------------------------------------------
-- Function: pgq._leftover_insert_functions(0)
--      Insert functions of queues that do not exist any more.
-- ----------------------------------------------------------------------
    select p.oid::regprocedure
        from pg_proc p
        where p.pronamespace = 'pgq'::regnamespace
            and p.proname ~ '^_insert_[0-9]+$'
            and not exists (select 1 from pgq.queue q where p.proname = '_insert_' || q.queue_id);
$$ language sql stable set search_path = pg_catalog, pg_temp;


create or replace function pgq._queue_helpers_stale()
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._queue_helpers_stale(0)
--      True when pgq.maint_queue_helpers has something to do.
-- ----------------------------------------------------------------------
    select exists (
            select 1
                from pgq.queue q
                where to_regclass('pgq.queue_' || q.queue_id || '_switch_seq') is null
                    or to_regclass('pgq.queue_' || q.queue_id || '_tx_seq') is null
                    or not exists (
                        select 1
                            from pg_proc p
                            where p.pronamespace = 'pgq'::regnamespace
                                and p.proname = '_insert_' || q.queue_id))
        or exists (select 1 from pgq._leftover_insert_functions())
        or not exists (
            select 1
                from pg_proc p
                where p.pronamespace = 'pgq'::regnamespace
                    and p.proname = '_insert_dispatch'
                    and p.prosrc = pgq._insert_dispatch_body());
$$ language sql stable set search_path = pg_catalog, pg_temp;
