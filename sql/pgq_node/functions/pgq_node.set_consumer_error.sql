create or replace function pgq_node.set_consumer_error(
    i_queue_name text, i_consumer_name text, i_error_msg text,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_consumer_error(3)
--      What a cascaded consumer stumbled over.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_consumer_name     - consumer
--      i_error_msg         - text; null: it is fine again
-- Returns:
--      100 - it is noted
--      101 - Consumer not known, ignoring
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
begin
    update pgq_node.local_state s
       set cur_error = i_error_msg
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name;
    if found then
        select 100, 'Consumer ' || i_consumer_name || ' error = ' || i_error_msg into ret_code, ret_note;
    else
        select 101, 'Consumer not known, ignoring: ' || i_queue_name || '/' || i_consumer_name into ret_code, ret_note;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
