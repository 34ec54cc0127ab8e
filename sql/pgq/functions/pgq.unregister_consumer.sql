create or replace function pgq.unregister_consumer(x_queue_name text, x_consumer_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.unregister_consumer(2)
--      End a subscription. A main consumer of pgq_coop takes its subconsumers with it. Events that wait to be retried
--      are gone with it; dead letters stay under the consumer's name.
-- Parameters:
--      x_queue_name    - queue
--      x_consumer_name - consumer
-- Returns:
--      number of subscriptions removed, 0 if there was none
-- Tables directly manipulated:
--      delete - pgq.retry_queue, pgq.subscription, pgq.consumer
-- ----------------------------------------------------------------------
declare
    s       record;
    v_count integer;
begin
    select sub_id, sub_queue, sub_consumer, sub_last_tick, sub_next_tick into s
        from pgq.subscription, pgq.consumer, pgq.queue
        where queue_name = x_queue_name
            and co_name = x_consumer_name
            and sub_queue = queue_id
            and sub_consumer = co_id
        for update of subscription, consumer;
    if not found then
        return 0;
    end if;

    select count(*) into v_count
        from pgq.subscription
        where sub_queue = s.sub_queue and sub_id = s.sub_id;
    if v_count > 1 and (s.sub_last_tick is null) = (s.sub_next_tick is null) then
        -- a subconsumer; its name stays, the retry events belong to the whole group
        delete from pgq.subscription where sub_queue = s.sub_queue and sub_consumer = s.sub_consumer;
        return 1;
    end if;

    delete from pgq.retry_queue where ev_owner = s.sub_id;
    delete from pgq.subscription where sub_queue = s.sub_queue and sub_id = s.sub_id;
    perform 1 from pgq.subscription where sub_consumer = s.sub_consumer;
    if not found then
        delete from pgq.consumer where co_id = s.sub_consumer;
    end if;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
