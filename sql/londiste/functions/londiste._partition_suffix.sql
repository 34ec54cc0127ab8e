create or replace function londiste._partition_suffix(i_period text, i_as_pattern boolean)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste._partition_suffix(2)
--      How the names of partitions end, as format of to_char or as regular
--      expression.
-- ----------------------------------------------------------------------
declare
    v_format    text := case when i_period in ('year', 'yearly') then '_YYYY'
                             when i_period in ('month', 'monthly') then '_YYYY_MM'
                             when i_period in ('day', 'daily') then '_YYYY_MM_DD'
                             when i_period in ('hour', 'hourly') then '_YYYY_MM_DD_HH24' end;
begin
    if v_format is null then
        raise exception 'not supported i_partition_period: %', i_period;
    elsif i_as_pattern then
        return regexp_replace(replace(v_format, 'HH24', 'HH'), '[YMDH]', '[0-9]', 'g');
    end if;
    return v_format;
end; $$ language plpgsql immutable set search_path = pg_catalog, pg_temp;
