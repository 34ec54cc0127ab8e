create or replace function pgq_node.register_consumer(
    i_queue_name text, i_consumer_name text, i_provider_node text, i_custom_tick_id int8,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.register_consumer(4)
--      Notes a cascaded consumer that writes into this database.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_consumer_name     - consumer
--      i_provider_node     - member that it reads from
--      i_custom_tick_id    - where it stands
-- Returns:
--      200 - Consumer registered
--      201 - Consumer already registered; provider and position are those given now
--      404 - Unknown queue
-- Tables directly manipulated:
--      insert, update - pgq_node.local_state
-- ----------------------------------------------------------------------
begin
    perform 1
       from pgq_node.node_info n
      where n.queue_name = i_queue_name
        for update;
    if not found then
        select 404, 'Unknown queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;

    update pgq_node.local_state s
       set provider_node = i_provider_node, last_tick_id = i_custom_tick_id
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name;
    if found then
        select 201, 'Consumer already registered: ' || i_queue_name || '/' || i_consumer_name into ret_code, ret_note;
        return;
    end if;
    insert into pgq_node.local_state (queue_name, consumer_name, provider_node, last_tick_id)
    values (i_queue_name, i_consumer_name, i_provider_node, i_custom_tick_id);
    select 200, 'Consumer ' || i_consumer_name || ' registered on queue ' || i_queue_name into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
