create or replace function pgq._capture_when(i_result boolean)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_when(1)
--      Result of a when expression; refuses NULL as jsontriga does.
-- ----------------------------------------------------------------------
begin
    if i_result is null then
        raise exception 'when= should not be NULL';
    end if;
    return i_result;
end; $$ language plpgsql immutable set search_path = pg_catalog, pg_temp;
