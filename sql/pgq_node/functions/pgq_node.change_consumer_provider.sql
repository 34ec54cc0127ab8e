create or replace function pgq_node.change_consumer_provider(
    i_queue_name text, i_consumer_name text, i_new_provider text,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.change_consumer_provider(3)
--      Sets which node a cascaded consumer reads from. It must be subscribed there, at the same tick.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_consumer_name     - consumer
--      i_new_provider      - member
-- Returns:
--      200 - Consumer provider node set
--      404 - New node not found, or unknown consumer
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
begin
    perform 1
       from pgq_node.node_location l
      where l.queue_name = i_queue_name and l.node_name = i_new_provider;
    if not found then
        select 404, 'New node not found: ' || i_new_provider into ret_code, ret_note;
        return;
    end if;

    update pgq_node.local_state s
       set provider_node = i_new_provider, uptodate = false
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name;
    if found then
        perform pg_notify('pgq_node', i_queue_name); -- wakes the worker
        select 200, 'Consumer provider node set to : ' || i_new_provider into ret_code, ret_note;
    else
        select 404, 'Unknown consumer: ' || i_queue_name || '/' || i_consumer_name into ret_code, ret_note;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
