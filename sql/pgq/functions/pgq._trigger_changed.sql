create or replace function pgq._trigger_changed(i_column text, i_type oid, i_collation oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_changed(3)
--      SQL expression that is true if a column differs between i_new and
--      i_old, by the equality of pgq._equality_operator.
-- ----------------------------------------------------------------------
declare
    v_new       constant text := pgq._trigger_field('i_new', i_column);
    v_old       constant text := pgq._trigger_field('i_old', i_column);
    v_equal     constant text := pgq._equality_operator(i_type);
    v_collate   text := '';
    v_test      text;
begin
    if v_equal is null then
        v_test := format('pg_catalog.concat(%1$s) operator(pg_catalog.=) pg_catalog.concat(%2$s) collate pg_catalog."C"', v_new, v_old);
    else
        if i_collation <> 0 and i_collation <> 'pg_catalog."default"'::regcollation then
            v_collate := ' collate ' || (
                select format('%I.%I', n.nspname, c.collname)
                  from pg_collation c
                  join pg_namespace n on n.oid = c.collnamespace
                 where c.oid = i_collation);
        end if;
        v_test := format('%1$s%4$s %3$s %2$s', v_new, v_old, v_equal, v_collate);
    end if;
    return format('case when %1$s is null or %2$s is null'
                  ' then (%1$s is null) operator(pg_catalog.<>) (%2$s is null) else not (%3$s) end',
                  v_new, v_old, v_test);
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
