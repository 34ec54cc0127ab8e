create or replace function londiste.set_session_replication_role(val text, is_local boolean)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: londiste.set_session_replication_role(2)
--      Lets a session replay changes without logging them again.
--
--      Where the owner of this function may not set session_replication_role
--      it sets pgq.replication_role instead. The logging triggers and queues
--      of this schema heed that, in sessions of members of pgq_admin; the
--      user's own triggers and foreign keys do not.
-- Parameters:
--      val         - origin, replica, local
--      is_local    - true: until the end of the transaction
-- ----------------------------------------------------------------------
begin
    if val is null or val not in ('origin', 'replica', 'local') then
        raise exception 'bad value for session_replication_role';
    end if;
    if londiste._may_set_role() then
        perform set_config('session_replication_role', val, coalesce(is_local, false));
    else
        perform set_config('pgq.replication_role', case val when 'origin' then '' else val end, coalesce(is_local, false));
        -- plans have folded what pgq._capture_is_local said
        discard plans;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
