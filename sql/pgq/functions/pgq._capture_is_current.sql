create or replace function pgq._capture_is_current(i_table oid, i_signature text)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_is_current(2)
--      Tells whether generated capture functions still fit their table.
--      Declared IMMUTABLE and called with constants only: the answer is
--      folded into the cached plan and costs nothing per call. The plan
--      depends on the table, so a change of the table throws it away and
--      the next call asks again.
-- Parameters:
--      i_table         - captured table
--      i_signature     - pgq._capture_signature() when they were generated
-- ----------------------------------------------------------------------
begin
    perform pgq._capture_check_snapshot(i_table);
    return coalesce(pgq._capture_signature(i_table) = i_signature, false);
end; $$ language plpgsql immutable security definer set search_path = pg_catalog, pg_temp;
