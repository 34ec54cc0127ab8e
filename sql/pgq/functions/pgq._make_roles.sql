create or replace function pgq._make_roles()
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._make_roles(0)
--      Create the roles that are missing. Needs CREATEROLE only when one is.
-- ----------------------------------------------------------------------
declare
    v_role  text;
begin
    foreach v_role in array array['pgq_reader', 'pgq_writer', 'pgq_admin'] loop
        continue when to_regrole(v_role) is not null;
        begin
            execute 'create role ' || v_role;
        exception
            when duplicate_object or unique_violation then
                null; -- roles belong to all databases: an installation in another one was faster
        end;
    end loop;

    foreach v_role in array array['pgq_reader', 'pgq_writer'] loop
        if not exists (
            select 1
                from pg_auth_members
                where roleid = to_regrole(v_role) and member = to_regrole('pgq_admin'))
        then
            begin
                execute 'grant ' || v_role || ' to pgq_admin';
            exception
                when unique_violation then
                    null;
            end;
        end if;
    end loop;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
