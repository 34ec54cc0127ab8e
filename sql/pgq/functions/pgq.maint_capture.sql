create or replace function pgq.maint_capture()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_capture(0)
--      Remakes captures whose table was altered and forgets those whose table
--      was dropped. Locks a table only if its triggers must change, which
--      needs the rights of pgq.create_capture; a capture that cannot be
--      remade gives a warning. Until remade, captures log right events slowly.
-- Returns:
--      Number of captures remade or forgotten.
-- ----------------------------------------------------------------------
declare
    v_capture   record;
    v_count     integer := 0;
begin
    for v_capture in
        select c.capture_table, c.capture_options, q.queue_name,
               pgq._capture_stale(c.capture_id) as reason
          from pgq.capture c
          join pgq.queue q on q.queue_id = c.capture_queue
         order by c.capture_id
    loop
        continue when v_capture.reason is null;
        begin
            if v_capture.reason = 'the table was dropped' then
                perform pgq.drop_capture(v_capture.queue_name, v_capture.capture_table);
            else
                perform pgq.create_capture(v_capture.queue_name, v_capture.capture_table, v_capture.capture_options);
            end if;
            v_count := v_count + 1;
        exception when others then
            raise warning 'capture of table % for queue % is not remade (%): %',
                v_capture.capture_table, v_capture.queue_name, v_capture.reason, sqlerrm;
        end;
    end loop;
    return v_count;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
