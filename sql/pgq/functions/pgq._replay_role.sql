create or replace function pgq._replay_role()
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._replay_role(0)
--      What pgq.replication_role is set to. It stands in for
--      session_replication_role on servers that do not let programs set that
--      one, see londiste.set_session_replication_role. Only members of
--      pgq_admin are heeded: anybody can set it.
-- Returns:
--      replica, local, or NULL
-- ----------------------------------------------------------------------
    select case when pg_has_role(session_user, 'pgq_admin', 'usage') then r end
      from (select nullif(current_setting('pgq.replication_role', true), '') as r) s
     where r in ('replica', 'local');
$$ language sql stable set search_path = pg_catalog, pg_temp;
