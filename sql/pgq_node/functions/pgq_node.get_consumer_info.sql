create or replace function pgq_node.get_consumer_info(
    i_queue_name text,
    out consumer_name text, out provider_node text, out last_tick_id int8, out paused bool,
    out uptodate bool, out cur_error text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.get_consumer_info(1)
--      All cascaded consumers of a queue that write into this database, by name.
-- ----------------------------------------------------------------------
begin
    return query
        select s.consumer_name, s.provider_node, s.last_tick_id, s.paused, s.uptodate, s.cur_error
          from pgq_node.local_state s
         where s.queue_name = i_queue_name
         order by s.consumer_name;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
