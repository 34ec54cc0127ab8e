create or replace function pgq._capture_row(i_table oid, i_record text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_row(2)
--      SQL that gives the columns of new or old in a trigger function as a
--      one-row table.
-- ----------------------------------------------------------------------
    select format('(select %s)', string_agg(format('%s as %I', pgq._trigger_field(i_record, a.attname), a.attname), ', ' order by a.attnum))
      from pg_attribute a
     where a.attrelid = i_table
       and a.attnum > 0
       and not a.attisdropped;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
