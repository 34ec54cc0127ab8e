create or replace function londiste.drop_obsolete_partitions(
    i_parent_table text,
    i_retention_period interval,
    i_partition_period text)
returns setof text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.drop_obsolete_partitions(3)
--      Drops what londiste.list_obsolete_partitions lists.
-- Returns:
--      quoted full names of the dropped tables
-- ----------------------------------------------------------------------
declare
    v_part  text;
begin
    for v_part in
        select l from londiste.list_obsolete_partitions(i_parent_table, i_retention_period, i_partition_period) l
    loop
        execute 'drop table ' || v_part;
        return next v_part;
    end loop;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
