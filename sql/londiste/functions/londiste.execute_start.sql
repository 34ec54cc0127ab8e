create or replace function londiste.execute_start(
    in i_queue_name text,
    in i_file_name text,
    in i_sql text,
    in i_expect_root boolean,
    in i_attrs text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.execute_start(5)
--      Begins a script, which is to run in the same transaction. A second
--      session with the same name waits for the first.
-- Parameters:
--      i_file_name     - name of the script, counts once a database
--      i_expect_root   - refuse on other nodes
--      i_attrs         - urlencoded: where the script is to run
-- Returns:
--      200 - run it
--      201 - it was run before
--      401 - not the root
-- Tables directly manipulated:
--      insert - londiste.applied_execute
-- ----------------------------------------------------------------------
declare
    v_is_root   boolean := pgq_node.is_root_node(i_queue_name);
begin
    if i_expect_root and not v_is_root then
        select 401, 'Node is not root node: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;
    insert into londiste.applied_execute (queue_name, execute_file, execute_sql, execute_attrs)
    values (i_queue_name, i_file_name, i_sql, i_attrs)
        on conflict (execute_file) do nothing;
    if not found then
        select 201, format('EXECUTE: "%s" already applied, skipping', i_file_name) into ret_code, ret_note;
        return;
    end if;
    select 200, 'Executing: ' || i_file_name into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;

create or replace function londiste.execute_start(
    in i_queue_name text,
    in i_file_name text,
    in i_sql text,
    in i_expect_root boolean,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.execute_start(4)
--      The same for a script without attributes.
-- ----------------------------------------------------------------------
    select * from londiste.execute_start(i_queue_name, i_file_name, i_sql, i_expect_root, null);
$$ language sql set search_path = pg_catalog, pg_temp;
