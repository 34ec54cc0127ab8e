create or replace function pgq._trigger_args(i_tgargs bytea)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_args(1)
--      The arguments of a trigger from pg_trigger.tgargs, where a zero byte
--      stands behind each.
-- ----------------------------------------------------------------------
declare
    v_rest  bytea := i_tgargs;
    v_args  text[] := '{}';
    v_end   integer;
begin
    loop
        v_end := position('\x00'::bytea in v_rest);
        exit when v_end = 0;
        v_args := v_args || convert_from(substr(v_rest, 1, v_end - 1), getdatabaseencoding());
        v_rest := substr(v_rest, v_end + 1);
    end loop;
    return v_args;
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
