create or replace function pgq_ext.version()
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.version(0)
--      Version of the interface, a constant.
-- ----------------------------------------------------------------------
begin
    return '3.1';
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
