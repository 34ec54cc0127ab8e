create or replace function londiste.find_column_types(tbl text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.find_column_types(1)
--      One letter for each column of a table, in table order: k for columns
--      of the primary key, v for others.
-- Returns:
--      letters; empty for an unknown table
-- ----------------------------------------------------------------------
    select coalesce(string_agg(case when i.indkey is not null then 'k' else 'v' end, '' order by a.attnum), '')
      from pg_attribute a
      left join pg_index i
        on i.indrelid = a.attrelid
       and i.indisprimary
       and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
     where a.attrelid = londiste._find_any_table(tbl)
       and a.attnum > 0
       and not a.attisdropped;
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
