create or replace function londiste.is_obsolete_partition(
    i_partition_table text,
    i_retention_period interval,
    i_partition_period text)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: londiste.is_obsolete_partition(3)
--      Tells by the name of a partition whether it is older than what is to
--      be kept.
-- Parameters:
--      i_partition_period  - year: name_YYYY, month: name_YYYY_MM,
--                            day: name_YYYY_MM_DD, hour: name_YYYY_MM_DD_HH24;
--                            also with -ly
-- Returns:
--      NULL if the name does not end so
-- ----------------------------------------------------------------------
declare
    v_base  text := substring(i_partition_table from '^(.*)' || londiste._partition_suffix(i_partition_period, true) || '$');
begin
    return i_partition_table collate "C"
         < v_base || to_char(now() - i_retention_period, londiste._partition_suffix(i_partition_period, false));
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
