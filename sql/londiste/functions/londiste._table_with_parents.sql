create or replace function londiste._table_with_parents(i_table text)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: londiste._table_with_parents(1)
--      The table's full name, and those of the partitioned tables that it is
--      part of.
-- ----------------------------------------------------------------------
    select array[i_table] || array(
        select n.nspname || '.' || c.relname
          from pg_partition_ancestors(londiste._find_any_table(i_table)) a (oid)
          join pg_class c on c.oid = a.oid
          join pg_namespace n on n.oid = c.relnamespace);
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
