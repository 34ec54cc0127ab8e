create or replace function pgq_coop._add_subconsumer(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop._add_subconsumer(3)
--      Registers a subconsumer. The caller has locked the subscription of
--      the main consumer, which must exist.
-- Returns:
--      1 if the subconsumer is new, 0 if it was registered.
-- Calls:
--      pgq.register_consumer
-- Tables directly manipulated:
--      update - pgq.subscription
-- ----------------------------------------------------------------------
declare
    _sub_name text := i_consumer_name || '.' || i_subconsumer_name;
    _sub_id integer;
begin
    if pgq.register_consumer(i_queue_name, _sub_name) = 0 then
        return 0;
    end if;

    select s.sub_id
      into _sub_id
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name
       and c.co_name = i_consumer_name;
    if not found then
        raise exception 'main consumer not found';
    end if;

    update pgq.subscription s
       set sub_id = _sub_id,
           sub_last_tick = null,
           sub_next_tick = null
      from pgq.queue q, pgq.consumer c
     where q.queue_name = i_queue_name
       and s.sub_queue = q.queue_id
       and c.co_name = _sub_name
       and s.sub_consumer = c.co_id;
    return 1;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
