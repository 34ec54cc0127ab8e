create or replace function pgq._drop_queue_captures(i_queue_id integer, i_force boolean)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq._drop_queue_captures(2)
--      Ends all captures of a queue that is about to be dropped. Refuses
--      unless forced, except for tables that are gone.
-- Returns:
--      Number of captures.
-- ----------------------------------------------------------------------
declare
    v_tables    text;
    v_count     integer;
begin
    select string_agg(c.capture_table::text, ', ' order by c.capture_table::text)
      into v_tables
      from pgq.capture c
      join pg_class t on t.oid = c.capture_table
     where c.capture_queue = i_queue_id;
    if v_tables is not null and not i_force then
        raise exception 'cannot drop queue, tables are still captured: %', v_tables
            using hint = 'Call pgq.drop_capture for each, or drop the queue with force.';
    end if;

    select count(pgq._capture_drop(capture_id, null)) into v_count from pgq.capture where capture_queue = i_queue_id;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
