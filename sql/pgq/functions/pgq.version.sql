create or replace function pgq.version()
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.version(0)
--      The version of PgQ whose interface this is. The C pgqd wants it to begin with a character >= '3'.
-- ----------------------------------------------------------------------
begin
    return '3.5.2';
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
