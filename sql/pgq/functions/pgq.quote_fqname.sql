create or replace function pgq.quote_fqname(i_name text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.quote_fqname(1)
--      Quote schema.name for SQL. It is split at the first dot; without one the schema is public.
-- ----------------------------------------------------------------------
declare
    v_dot   integer := strpos(i_name, '.');
begin
    if v_dot = 0 then
        return 'public.' || quote_ident(i_name);
    end if;
    return quote_ident(substr(i_name, 1, v_dot - 1)) || '.' || quote_ident(substr(i_name, v_dot + 1));
end; $$ language plpgsql strict immutable set search_path = pg_catalog, pg_temp;
