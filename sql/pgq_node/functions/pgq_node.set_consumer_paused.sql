create or replace function pgq_node.set_consumer_paused(
    i_queue_name text, i_consumer_name text, i_paused boolean,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_consumer_paused(3)
--      Wish that a cascaded consumer waits, or goes on. It answers with set_consumer_uptodate().
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_consumer_name     - consumer
--      i_paused            - true: wait
-- Returns:
--      200 - Consumer tagged
--      201 - Consumer already paused or resumed; nothing is changed
--      404 - Unknown consumer
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
declare
    v_paused    boolean;
    v_word      text := case when i_paused then 'paused' else 'resumed' end;
begin
    select s.paused
      into v_paused
      from pgq_node.local_state s
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name
       for update;
    if not found then
        select 404, 'Unknown consumer: ' || i_consumer_name into ret_code, ret_note;
        return;
    end if;
    if v_paused = i_paused then
        select 201, 'Consumer ' || i_consumer_name || ' already ' || v_word into ret_code, ret_note;
        return;
    end if;

    update pgq_node.local_state s
       set paused = i_paused, uptodate = false
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name;
    perform pg_notify('pgq_node', i_queue_name); -- wakes the worker
    select 200, 'Consumer ' || i_consumer_name || ' tagged as ' || v_word into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
