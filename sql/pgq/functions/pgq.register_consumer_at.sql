create or replace function pgq.register_consumer_at(x_queue_name text, x_consumer_name text, x_tick_pos bigint)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.register_consumer_at(3)
--      Subscribe a consumer at a given tick, or move a subscribed one there.
--
--      The rotation must not overlook the new position, or it would remove its tick and its events. So the queue
--      row is updated, without a change, before the tick is looked up: step 1 waits for that, in stricter isolation
--      levels one of the two gets a serialization failure.
-- Parameters:
--      x_queue_name    - queue, must exist
--      x_consumer_name - name of the consumer
--      x_tick_pos      - tick of the queue, must exist; null: the newest one, and a subscription stays as it is
-- Returns:
--      1 if it was subscribed, 0 if it was so already
-- Tables directly manipulated:
--      insert - pgq.consumer, pgq.subscription
--      update - pgq.subscription, pgq.queue (only to lock it)
-- ----------------------------------------------------------------------
declare
    v_queue     integer;
    v_consumer  integer;
    v_tick      bigint := x_tick_pos;
begin
    select queue_id into v_queue from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'Event queue not created yet';
    end if;

    if x_tick_pos is null then
        perform 1
            from pgq.subscription s, pgq.consumer c
            where s.sub_queue = v_queue and s.sub_consumer = c.co_id and c.co_name = x_consumer_name;
        if found then
            return 0; -- what most calls find, at the start of a consumer
        end if;
    end if;
    update pgq.queue set queue_id = queue_id where queue_id = v_queue;

    -- locked against unregister_consumer, which removes consumers without subscriptions
    select co_id into v_consumer from pgq.consumer where co_name = x_consumer_name for update;
    if not found then
        insert into pgq.consumer (co_name) values (x_consumer_name)
            on conflict (co_name) do nothing;
        select co_id into v_consumer from pgq.consumer where co_name = x_consumer_name for update;
    end if;

    if x_tick_pos is not null then
        perform 1 from pgq.tick where tick_queue = v_queue and tick_id = x_tick_pos;
        if not found then
            raise exception 'cannot reposition, tick not found: %', x_tick_pos;
        end if;
    end if;

    perform 1 from pgq.subscription where sub_queue = v_queue and sub_consumer = v_consumer;
    if found then
        if x_tick_pos is not null then
            update pgq.subscription
                set sub_last_tick = x_tick_pos, sub_batch = null, sub_next_tick = null, sub_active = now()
                where sub_queue = v_queue and sub_consumer = v_consumer;
        end if;
        return 0;
    end if;

    if v_tick is null then
        select max(tick_id) into v_tick from pgq.tick where tick_queue = v_queue;
        if v_tick is null then
            raise exception 'No ticks for this queue.  Please run ticker on database.';
        end if;
    end if;
    insert into pgq.subscription (sub_queue, sub_consumer, sub_last_tick)
        values (v_queue, v_consumer, v_tick);
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
