create or replace function londiste._may_set_role()
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: londiste._may_set_role(0)
--      Whether the current role may set session_replication_role.
-- ----------------------------------------------------------------------
declare
    v_may   boolean;
begin
    if (select rolsuper from pg_roles where rolname = current_user) then
        return true;
    elsif current_setting('server_version_num')::int4 < 150000 then
        return false;
    end if;
    execute 'select has_parameter_privilege(current_user, $1, $2)' into v_may using 'session_replication_role', 'set';
    return v_may;
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
