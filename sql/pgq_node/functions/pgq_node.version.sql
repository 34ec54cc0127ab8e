create or replace function pgq_node.version()
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.version(0)
--      Version of the interface, a constant.
-- ----------------------------------------------------------------------
begin
    return '3.5';
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
