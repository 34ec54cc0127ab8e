create or replace function pgq._trigger_shape(i_table oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_shape(1)
--      What a generated trigger function depends on: the table's columns and
--      its key, as text.
-- Returns:
--      the text, or NULL if there is no such table
-- ----------------------------------------------------------------------
    select c.oid::text
           || coalesce((
                select string_agg(concat_ws(':', a.attnum, a.attname, a.atttypid, a.attcollation), ',' order by a.attnum)
                  from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '')
           || ' ' || coalesce((
                select (i.indkey::int2[])[0:i.indnkeyatts - 1]::text
                  from pg_index i
                 where i.indrelid = c.oid and i.indisprimary), '')
      from pg_class c
     where c.oid = i_table;
$$ language sql stable set search_path = pg_catalog, pg_temp;
