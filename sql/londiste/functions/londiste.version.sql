create or replace function londiste.version()
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.version(0)
--      The version of the schema's interface, for old programs: it is that
--      of the extension that this schema stands in for.
-- ----------------------------------------------------------------------
    select '3.8'::text;
$$ language sql set search_path = pg_catalog, pg_temp;
