create or replace procedure pgq.maintain()
as $$
-- ----------------------------------------------------------------------
-- Procedure: pgq.maintain(0)
--      All maintenance that is due: retry events, rotation, more functions of queues and other schemas. For
--      schedulers; pgqd does the same. To be called every minute or so. Each step is a transaction of
--      its own; one that fails is reported with a warning and does not stop the others.
--      Vacuum is left out, it cannot run inside a procedure.
-- Needs pgq_admin. Commits, so it must be called outside of a transaction block.
-- Calls:
--      pgq.maint_retry_events, pgq.maint_operations
-- ----------------------------------------------------------------------
declare
    v_names     pg_catalog.text[];
    v_arguments pg_catalog.text[];
begin
    call pgq._maintain_step('pgq.maint_retry_events', null);

    select coalesce(pg_catalog.array_agg(func_name), '{}'), coalesce(pg_catalog.array_agg(func_arg), '{}')
        into v_names, v_arguments
        from pgq.maint_operations()
        where pg_catalog.lower(func_name) operator(pg_catalog.!~) '^vacuum';
    commit;

    for i in 1 .. pg_catalog.cardinality(v_names) loop
        call pgq._maintain_step(v_names[i], v_arguments[i]);
    end loop;
end; $$ language plpgsql;


create or replace procedure pgq._maintain_step(i_function text, i_argument text)
as $$
-- ----------------------------------------------------------------------
-- Procedure: pgq._maintain_step(2)
--      Call one maintenance function until it does not ask to be called again, each time in its own transaction.
-- Parameters:
--      i_function      - schema.name
--      i_argument      - its only argument; null: it takes none
-- ----------------------------------------------------------------------
declare
    v_result    pg_catalog.text;
begin
    loop
        begin
            if i_argument is null then
                execute pg_catalog.concat('select ', pgq.quote_fqname(i_function), '()') into v_result;
            else
                execute pg_catalog.concat('select ', pgq.quote_fqname(i_function), '($1)') into v_result
                    using i_argument;
            end if;
        exception
            when others then
                raise warning 'maintain: %(%) failed: %', i_function, coalesce(i_argument, ''), sqlerrm;
                v_result := '0';
        end;
        commit;
        exit when v_result is null or v_result operator(pg_catalog.!~) '^-?[1-9][0-9]*$';
    end loop;
end; $$ language plpgsql;
