create or replace function pgq._trigger_fits(i_table oid, i_shape text)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_fits(2)
--      Whether a generated trigger function still fits its table. Declared
--      IMMUTABLE and called with constants only: the answer is folded into
--      the cached plan, which depends on the table through the oid, so it
--      costs nothing until ALTER TABLE throws the plan away.
-- ----------------------------------------------------------------------
    select coalesce(pgq._trigger_shape(i_table) = i_shape, false);
$$ language sql immutable set search_path = pg_catalog, pg_temp;
