create or replace function pgq_node.set_consumer_completed(
    i_queue_name text, i_consumer_name text, i_tick_id int8,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_consumer_completed(3)
--      Position of a cascaded consumer, to be set in the transaction of its work. Clears its error.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_consumer_name     - consumer
--      i_tick_id           - tick at the end of the batch; neither compared with the old one nor looked up
-- Returns:
--      100 - it is set
--      404 - Consumer not known
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
begin
    update pgq_node.local_state s
       set last_tick_id = i_tick_id, cur_error = null
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name;
    if found then
        select 100, 'Consumer ' || i_consumer_name || ' completed tick = ' || i_tick_id into ret_code, ret_note;
    else
        select 404, 'Consumer not known: ' || i_queue_name || '/' || i_consumer_name into ret_code, ret_note;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
