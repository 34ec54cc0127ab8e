create or replace function pgq_coop.register_subconsumer(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.register_subconsumer(3)
--      Makes a worker a member of a group that shares one consumer. The main
--      consumer is registered too, at the newest tick, if it is missing; an
--      existing one keeps its position.
--      A plain consumer that has the name <consumer>.<subconsumer> already
--      becomes a member with its next batch, but keeps its own sub_id: it
--      does not get the group's retried events. Avoid such names.
-- Parameters:
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_subconsumer_name  - worker; each process needs a name of its own
-- Returns:
--      1 if the subconsumer is new, 0 if it was registered.
-- Calls:
--      pgq.register_consumer, pgq_coop._add_subconsumer
-- ----------------------------------------------------------------------
begin
    -- Workers of a new group may all start at once; 1885827427 = "pgqc".
    perform pg_catalog.pg_advisory_xact_lock(1885827427, pg_catalog.hashtext(i_consumer_name));

    perform 1
       from pgq.subscription s
       join pgq.queue q on q.queue_id = s.sub_queue
       join pgq.consumer c on c.co_id = s.sub_consumer
      where q.queue_name = i_queue_name
        and c.co_name = i_consumer_name
        for update of s;
    if not found then
        perform pgq.register_consumer(i_queue_name, i_consumer_name);
    end if;

    return pgq_coop._add_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
