create or replace function pgq_node.set_consumer_uptodate(
    i_queue_name text, i_consumer_name text, i_uptodate boolean,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_consumer_uptodate(3)
--      Answer of a cascaded consumer: it has seen its state.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_consumer_name     - consumer
--      i_uptodate          - true: seen
-- Returns:
--      200 - it is noted
--      404 - Consumer not known
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
begin
    update pgq_node.local_state s
       set uptodate = i_uptodate
     where s.queue_name = i_queue_name and s.consumer_name = i_consumer_name;
    if found then
        select 200, 'Consumer uptodate = ' || i_uptodate::int4 into ret_code, ret_note;
    else
        select 404, 'Consumer not known: ' || i_queue_name || '/' || i_consumer_name into ret_code, ret_note;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
