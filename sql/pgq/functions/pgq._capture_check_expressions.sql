create or replace function pgq._capture_check_expressions(i_table regclass, i_options jsonb)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_check_expressions(2)
--      Lets the server parse the expressions among the options of a capture,
--      with the caller's rights, so that mistakes show before the trigger
--      fires. Evaluates nothing.
-- ----------------------------------------------------------------------
declare
    v_name  text;
    v_expr  text;
begin
    for v_name, v_expr in
        select key, value from pg_catalog.jsonb_each_text(i_options)
         where key in ('ev_type', 'ev_data', 'ev_extra1', 'ev_extra2', 'ev_extra3', 'ev_extra4', 'when')
    loop
        execute pg_catalog.format(
            E'prepare _pgq_check as select 1 from (select (%s\n) as x from (select (null::%s).*) %s where false) s where %s',
            v_expr, i_table,
            (select pg_catalog.quote_ident(relname) from pg_catalog.pg_class where oid = i_table),
            case v_name when 'when' then 's.x' else 'true' end);
        deallocate _pgq_check;
    end loop;
end; $$ language plpgsql;
