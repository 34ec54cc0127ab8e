create or replace function pgq._capture_shape(i_table oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_shape(1)
--      Columns and primary key of a table as text. Partitions with the
--      shape of their root are captured by the same static statements.
-- ----------------------------------------------------------------------
    select json_build_array(
        (select json_agg(json_build_array(a.attname, a.atttypid, a.attcollation) order by a.attnum)
           from pg_attribute a
          where a.attrelid = i_table
            and a.attnum > 0
            and not a.attisdropped),
        pgq._capture_primary_key(i_table))::text;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
