create or replace function londiste.list_obsolete_partitions(
    i_parent_table text,
    i_retention_period interval,
    i_partition_period text)
returns setof text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.list_obsolete_partitions(3)
--      Tables that by their names are partitions of a table and older than
--      what is to be kept.
-- Returns:
--      quoted full names
-- ----------------------------------------------------------------------
declare
    v_pattern   text := '^' || londiste._partition_suffix(i_partition_period, true) || '$';
    v_parent    record;
begin
    select s.schema_part, s.name_part into v_parent from londiste.split_fqname(i_parent_table) s;
    return query
        select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = v_parent.schema_part
           and c.relkind = 'r'
           and left(c.relname, length(v_parent.name_part)) = v_parent.name_part
           and substring(c.relname::text from length(v_parent.name_part) + 1) ~ v_pattern
           and londiste.is_obsolete_partition(n.nspname || '.' || c.relname, i_retention_period, i_partition_period)
         order by 1;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
