create or replace function pgq.maint_triggers()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_triggers(0)
--      Generate functions for the AFTER row triggers that use pgq.logutriga,
--      pgq.sqltriga or pgq.jsontriga, so that they need not look up their
--      table at each row: several times faster. The trigger definitions stay
--      as they are. A trigger without such a function, or whose table was
--      changed since, is served by the general code until this runs again.
--      Maintenance and installation call it.
-- Returns:
--      0
-- Tables directly manipulated:
--      insert, update, delete - pgq.compiled_trigger
-- ----------------------------------------------------------------------
declare
    c_args      constant text := 'oid, name, name, text, anyelement, anyelement';
    v_body      text;
    t           record;
begin
    if not pg_try_advisory_xact_lock(7366513, -3) then
        return 0;
    end if;

    for t in
        delete from pgq.compiled_trigger c
         where not exists (
            select from pgq._row_triggers() r
             where r.trigger_table = c.ct_table and r.trigger_name = c.ct_name and r.trigger_oid = c.ct_trigger)
        returning c.ct_trigger
    loop
        execute format('drop function if exists pgq._log_%s(%s)', t.ct_trigger, c_args);
    end loop;

    for t in
        select r.*
          from pgq._row_triggers() r
         where not exists (
            select from pgq.compiled_trigger c
             where c.ct_table = r.trigger_table and c.ct_name = r.trigger_name
               and c.ct_format = r.format and c.ct_args = r.args_text and c.ct_shape = r.shape)
    loop
        v_body := pgq._trigger_body(t.format, t.trigger_table, t.args);
        if v_body is not null then
            execute format('create or replace function pgq._log_%s(i_relid oid, i_schema name, i_name name, i_op text,'
                ' i_new anyelement, i_old anyelement) returns boolean language plpgsql as %L', t.trigger_oid, v_body);
            execute format('grant execute on function pgq._log_%s(%s) to public', t.trigger_oid, c_args);
        end if;
        insert into pgq.compiled_trigger as c (ct_table, ct_name, ct_trigger, ct_format, ct_args, ct_shape, ct_call)
            values (t.trigger_table, t.trigger_name, t.trigger_oid, t.format, t.args_text, t.shape,
                case when v_body is not null then format('select pgq._log_%s($1, $2, $3, $4, $5, $6)', t.trigger_oid) end)
            on conflict (ct_table, ct_name) do update
            set ct_trigger = excluded.ct_trigger, ct_format = excluded.ct_format, ct_args = excluded.ct_args,
                ct_shape = excluded.ct_shape, ct_call = excluded.ct_call;
    end loop;
    return 0;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
