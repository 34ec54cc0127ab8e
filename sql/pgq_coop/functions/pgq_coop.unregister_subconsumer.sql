create or replace function pgq_coop.unregister_subconsumer(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text,
    i_batch_handling integer)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.unregister_subconsumer(4)
--      Removes a worker from its group. The main consumer and the events set
--      aside for retry stay.
-- Parameters:
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_subconsumer_name  - worker
--      i_batch_handling    - what to do if the worker has an open batch:
--                            1 = close it, nobody else will get its events;
--                            anything else = exception
-- Returns:
--      1 if it was registered, else 0.
-- Tables directly manipulated:
--      delete - pgq.subscription
-- ----------------------------------------------------------------------
declare
    _queue_id integer;
    _sub_consumer integer;
    _batch_id bigint;
begin
    select s.sub_queue, s.sub_consumer, s.sub_batch
      into _queue_id, _sub_consumer, _batch_id
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name
       and c.co_name = i_consumer_name || '.' || i_subconsumer_name
       for update of s;
    if not found then
        return 0;
    end if;

    if _batch_id is not null and i_batch_handling is distinct from 1 then
        raise exception 'subconsumer has active batch'
            using hint = 'finish it, or close it with i_batch_handling = 1: its events are lost for the group then';
    end if;

    delete from pgq.subscription s
     where s.sub_queue = _queue_id
       and s.sub_consumer = _sub_consumer;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
