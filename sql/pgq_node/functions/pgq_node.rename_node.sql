create or replace function pgq_node.rename_node(
    i_queue_name text, i_old_name text, i_new_name text,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.rename_node(3)
--      Gives a member another name, as far as this database is concerned. Called on all nodes; on the root last, which
--      tells those that were not reached. May be repeated.
--
--      Not in pgq_node 3.5, whose program calls functions that were never written.
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_old_name      - member, also the local node
--      i_new_name      - name that no member has
-- Returns:
--      200 - Node renamed
--      301 - Node is renamed already
--      404 - Unknown member
--      405 - The name belongs to another member
-- Calls:
--      pgq.register_consumer_at, pgq.unregister_consumer, pgq.insert_event
-- Tables directly manipulated:
--      insert, delete - pgq_node.node_location
--      update         - pgq_node.node_info, pgq_node.local_state, pgq_node.subscriber_info
-- ----------------------------------------------------------------------
declare
    v_node_type text;
    v_old       record;
    v_is_taken  boolean;
    v_watermark constant text := '.' || i_new_name || '.watermark';
    v_reader    record;
begin
    select n.node_type into v_node_type
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;
    select l.node_location, l.dead into v_old
      from pgq_node.node_location l
     where l.queue_name = i_queue_name and l.node_name = i_old_name
       for update;
    v_is_taken := exists (
        select from pgq_node.node_location l
         where l.queue_name = i_queue_name and l.node_name = i_new_name);
    if v_old.node_location is null then
        select case when v_is_taken then 301 else 404 end,
               case when v_is_taken then 'Node is renamed already: ' || i_new_name
                    else format('Unknown node: %s/%s', i_queue_name, i_old_name) end
          into ret_code, ret_note;
        return;
    elsif v_is_taken then
        select 405, 'There is a node of that name: ' || i_new_name into ret_code, ret_note;
        return;
    end if;

    insert into pgq_node.node_location (queue_name, node_name, node_location, dead)
    values (i_queue_name, i_new_name, v_old.node_location, v_old.dead);
    update pgq_node.node_info n
       set node_name = i_new_name
     where n.queue_name = i_queue_name and n.node_name = i_old_name;
    update pgq_node.local_state s
       set provider_node = i_new_name
     where s.queue_name = i_queue_name and s.provider_node = i_old_name;
    select i.watermark_name into v_reader
      from pgq_node.subscriber_info i
     where i.queue_name = i_queue_name and i.subscriber_node = i_old_name;
    if found then
        perform pgq.register_consumer_at(i_queue_name, v_watermark,
                                         pgq_node._consumer_tick(i_queue_name, v_reader.watermark_name));
        update pgq_node.subscriber_info i
           set subscriber_node = i_new_name, watermark_name = v_watermark
         where i.queue_name = i_queue_name and i.subscriber_node = i_old_name;
        perform pgq.unregister_consumer(i_queue_name, v_reader.watermark_name);
    end if;
    delete from pgq_node.node_location l
     where l.queue_name = i_queue_name and l.node_name = i_old_name;

    if v_node_type = 'root' then
        perform pgq.insert_event(i_queue_name, 'pgq.location-info',
                                 i_new_name, i_queue_name, v_old.node_location, v_old.dead::text, null);
        perform pgq.insert_event(i_queue_name, 'pgq.unregister-location', i_old_name, i_queue_name, null, null, null);
    end if;
    perform pg_notify('pgq_node', i_queue_name); -- the worker looks now
    select 200, 'Node renamed: ' || i_new_name into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
