create or replace function londiste.periodic_maintenance()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: londiste.periodic_maintenance(0)
--      Forgets scripts that were run, and conflicts that were noted, more than
--      three months ago.
-- Returns:
--      0
-- ----------------------------------------------------------------------
begin
    delete from londiste.applied_execute where execute_time < now() - interval '3 months';
    delete from londiste.conflict where noted < now() - interval '3 months';
    return 0;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
