create or replace function pgq_coop.version()
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.version(0)
--      Version of the interface, a constant.
-- ----------------------------------------------------------------------
begin
    return '3.1.1';
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
