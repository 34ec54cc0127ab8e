create or replace function pgq_node.register_location(
    i_queue_name text, i_node_name text, i_node_location text, i_dead boolean,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.register_location(4)
--      Makes a member known, or changes what is known of it. A root tells all others by an event.
-- Parameters:
--      i_queue_name    - cascaded queue; there need not be a node of it
--      i_node_name     - member
--      i_node_location - connect string; null: keep the one that is stored, and store nothing if there is none
--      i_dead          - whether the member is lost
-- Returns:
--      200 - always
-- Calls:
--      pgq.insert_event
-- Tables directly manipulated:
--      insert, update - pgq_node.node_location
-- ----------------------------------------------------------------------
declare
    v_node_type text;
begin
    select n.node_type
      into v_node_type
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;

    update pgq_node.node_location l
       set node_location = coalesce(i_node_location, l.node_location),
           dead = i_dead
     where l.queue_name = i_queue_name and l.node_name = i_node_name;
    if not found and i_node_location is not null then
        insert into pgq_node.node_location (queue_name, node_name, node_location, dead)
        values (i_queue_name, i_node_name, i_node_location, i_dead);
    end if;

    if v_node_type = 'root' then
        perform pgq.insert_event(i_queue_name, 'pgq.location-info',
                                 i_node_name, i_queue_name, i_node_location, i_dead::text, null);
    end if;

    select 200, 'Location registered' into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
