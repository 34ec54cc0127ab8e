create or replace function londiste._find_any_table(i_table text)
returns oid as $$
-- ----------------------------------------------------------------------
-- Function: londiste._find_any_table(1)
--      Finds an ordinary or a partitioned table. NULL if there is none.
-- ----------------------------------------------------------------------
    select coalesce(londiste.find_rel_oid(i_table, 'r'), londiste.find_rel_oid(i_table, 'p'));
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
