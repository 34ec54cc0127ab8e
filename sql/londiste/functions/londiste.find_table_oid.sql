create or replace function londiste.find_table_oid(tbl text)
returns oid as $$
-- ----------------------------------------------------------------------
-- Function: londiste.find_table_oid(1)
--      Finds an ordinary table. NULL if there is none.
-- ----------------------------------------------------------------------
    select londiste.find_rel_oid(tbl, 'r');
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
