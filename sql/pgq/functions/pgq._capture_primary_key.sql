create or replace function pgq._capture_primary_key(i_table oid)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_primary_key(1)
--      Names of the primary key columns in index order, without INCLUDE
--      columns.
-- Returns:
--      Names, NULL if there is no primary key.
-- ----------------------------------------------------------------------
    select array_agg(a.attname::text order by k.pos)
      from pg_index i
     cross join generate_series(0, i.indnkeyatts - 1) as k(pos)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k.pos]
     where i.indrelid = i_table
       and i.indisprimary;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
