create or replace function pgq._capture_array_keys(i_table oid, i_options jsonb)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_array_keys(2)
--      The key columns of a capture, quoted, if values of all of them can be
--      compared as elements of arrays, which is the quickest way.
-- Returns:
--      Names; NULL if a column is of a type for which an array says something
--      else than its own operator, or is no simple built-in type.
-- ----------------------------------------------------------------------
    select case when bool_and(t.oid < 16384 and t.typtype = 'b' and t.typcategory <> 'A' and t.typarray <> 0 and a.attgenerated <> 'v'
                              and pgq._capture_equal_operator(t.oid) = 'operator(pg_catalog.=)')
                then array_agg(quote_ident(a.attname) order by a.attnum) end
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
     where a.attrelid = i_table
       and a.attnum > 0
       and not a.attisdropped
       and a.attname = any (pgq._capture_key(i_table, i_options));
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
