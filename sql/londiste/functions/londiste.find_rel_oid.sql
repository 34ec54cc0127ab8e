create or replace function londiste.find_rel_oid(i_fqname text, i_kind text)
returns oid as $$
-- ----------------------------------------------------------------------
-- Function: londiste.find_rel_oid(2)
--      Finds a relation by its exact name and kind (pg_class.relkind).
-- Returns:
--      its oid, NULL if there is none
-- ----------------------------------------------------------------------
    select c.oid
      from londiste.split_fqname(i_fqname) s
      join pg_namespace n on n.nspname = s.schema_part
      join pg_class c on c.relnamespace = n.oid and c.relname = s.name_part
     where c.relkind::text = i_kind;
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
