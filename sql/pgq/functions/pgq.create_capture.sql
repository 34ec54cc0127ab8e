create or replace function pgq.create_capture(i_queue_name text, i_table regclass, i_options jsonb default '{}')
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.create_capture(3)
--      Captures the changes of a table into a queue, as the events that
--      pgq.jsontriga makes. Called again it changes the capture to the given
--      options, or leaves it as it is. Events are made by statement triggers
--      with transition tables, or where these are not possible by a row
--      trigger; all are named _pgq_capture_<queue id>_<letter>.
--
--      An update that changes the key makes a DELETE event of the old row and
--      an INSERT event of the new one. In the statement form the events of
--      one MERGE come as all inserts, all updates, all deletes; where a MERGE
--      may delete a key and insert it again, use form row.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_table         - table; the caller needs its TRIGGER privilege, and
--                        must own it to change option enable
--      i_options       - JSON object of
--          pkey        - array, key columns in place of the primary key
--          ignore      - array, columns that are left out; an update that
--                        changes nothing else makes no event
--          backup      - true: old row into ev_extra2 of updates
--          ops         - array of INSERT, UPDATE, DELETE, TRUNCATE; default all
--          when        - SQL expression over the row's columns: event if true
--          ev_type, ev_data, ev_extra1 ... ev_extra4
--                      - SQL expression over the row's columns: value of the field
--          form        - auto (default), statement, row
--          enable      - origin (default), replica, always: roles of the
--                        session in which triggers fire
--          via_root    - true: events of partitions carry the root's name
-- Returns:
--      created, changed, unchanged
-- ----------------------------------------------------------------------
declare
    v_define    record;
    v_sql       text;
begin
    select * into v_define from pgq._capture_define(i_queue_name, i_table, i_options);
    foreach v_sql in array v_define.ddl loop
        execute v_sql;
    end loop;
    perform pgq._capture_check_expressions(i_table, i_options);
    return v_define.result;
end; $$ language plpgsql; -- no search_path: expressions are checked under the session's
