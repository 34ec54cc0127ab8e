create or replace function pgq._capture_key(i_table oid, i_options jsonb)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_key(2)
--      Names of the key columns of a captured table: those of option pkey,
--      else its primary key.
-- Returns:
--      Names, an empty array if there are none.
-- ----------------------------------------------------------------------
    select coalesce(
        (select array_agg(e.value order by e.ordinality)
           from jsonb_array_elements_text(i_options->'pkey') with ordinality e),
        pgq._capture_primary_key(i_table),
        '{}');
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
