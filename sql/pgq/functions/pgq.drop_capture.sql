create or replace function pgq.drop_capture(i_queue_name text, i_table regclass)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.drop_capture(2)
--      Ends the capture of a table into a queue. Events that were made stay.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_table         - captured table
-- Returns:
--      1 if the table was captured, else 0.
-- Calls:
--      pgq._capture_drop(2)
-- ----------------------------------------------------------------------
declare
    v_queue_id      integer;
    v_capture_id    integer;
begin
    lock table pgq.capture in share row exclusive mode;
    select queue_id into v_queue_id from pgq.queue where queue_name = i_queue_name;
    if not found then
        raise exception 'drop_capture: queue not found: %', coalesce(i_queue_name, 'NULL');
    end if;
    select capture_id into v_capture_id from pgq.capture where capture_queue = v_queue_id and capture_table = i_table;
    if not found then
        return 0;
    end if;
    perform pgq._capture_drop(v_capture_id, null);
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
