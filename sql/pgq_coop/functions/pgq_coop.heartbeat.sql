create or replace function pgq_coop.heartbeat(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text,
    i_batch_id bigint default null)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.heartbeat(4)
--      Sign of life of a worker, so that others do not take its batch over
--      however long it takes, nor drop its registration while it is idle.
--      Call it in transactions of its own, several times per dead interval;
--      the time stored is that of the transaction's start.
--      Not in pgq_coop 3.1.1, where only next_batch() and finish_batch()
--      gave a sign of life.
-- Parameters:
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_subconsumer_name  - worker
--      i_batch_id          - batch that the worker believes to have;
--                            NULL if it has none
-- Returns:
--      1 if the worker is registered and has the batch. 0 if not: the batch
--      was taken over or finished, stop working on it.
-- Tables directly manipulated:
--      update - pgq.subscription
-- ----------------------------------------------------------------------
begin
    update pgq.subscription s
       set sub_active = pg_catalog.now()
      from pgq.queue q, pgq.consumer c
     where q.queue_name = i_queue_name
       and s.sub_queue = q.queue_id
       and c.co_name = i_consumer_name || '.' || i_subconsumer_name
       and s.sub_consumer = c.co_id
       and (i_batch_id is null or s.sub_batch = i_batch_id);
    return case when found then 1 else 0 end;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
