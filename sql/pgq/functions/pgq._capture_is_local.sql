create or replace function pgq._capture_is_local()
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_is_local(0)
--      True in a session in which nothing is to be logged. Folded into plans
--      like pgq._capture_is_current: the server throws all plans away when
--      session_replication_role changes, and whoever sets
--      pgq.replication_role does so.
-- ----------------------------------------------------------------------
    select current_setting('session_replication_role') = 'local' or pgq._replay_role() is not null;
$$ language sql immutable set search_path = pg_catalog, pg_temp;
