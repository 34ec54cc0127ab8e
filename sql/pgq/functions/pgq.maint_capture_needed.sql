create or replace function pgq.maint_capture_needed()
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_capture_needed(0)
--      Tells whether pgq.maint_capture has something to do.
-- ----------------------------------------------------------------------
    select exists (select from pgq.capture c where pgq._capture_stale(c.capture_id) is not null);
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
