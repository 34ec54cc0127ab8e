create or replace function pgq_node.unregister_subscriber(i_queue_name text, i_remote_node_name text, out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.unregister_subscriber(2)
--      Ends the subscription of another node.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_remote_node_name  - member
-- Returns:
--      200 - Subscriber unregistered
--      304 - Subscriber not found
-- Calls:
--      pgq.unregister_consumer
-- Tables directly manipulated:
--      delete - pgq_node.subscriber_info
-- ----------------------------------------------------------------------
declare
    v_names     record;
begin
    delete from pgq_node.subscriber_info i
     where i.queue_name = i_queue_name and i.subscriber_node = i_remote_node_name
    returning i.worker_name, i.watermark_name into v_names;
    if not found then
        select 304, 'Subscriber not found' into ret_code, ret_note;
        return;
    end if;
    perform pgq.unregister_consumer(i_queue_name, v_names.watermark_name);
    perform pgq.unregister_consumer(i_queue_name, v_names.worker_name);
    select 200, 'Subscriber unregistered: ' || i_remote_node_name into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
