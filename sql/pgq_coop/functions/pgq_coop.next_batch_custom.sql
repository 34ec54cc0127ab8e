create or replace function pgq_coop.next_batch_custom(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text,
    i_min_lag interval,
    i_min_count int4,
    i_min_interval interval)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.next_batch_custom(6)
--      Next batch for this worker, without taking over from dead ones.
-- Returns:
--      Batch id; NULL if there is none now.
-- ----------------------------------------------------------------------
begin
    return pgq_coop.next_batch_custom(i_queue_name, i_consumer_name, i_subconsumer_name,
                                      i_min_lag, i_min_count, i_min_interval, null);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;

create or replace function pgq_coop.next_batch_custom(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text,
    i_min_lag interval,
    i_min_count int4,
    i_min_interval interval,
    i_dead_interval interval)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.next_batch_custom(7)
--      Gives this worker the batch that it has open; else that of a dead
--      member of the group; else the next one of the main consumer. Main
--      consumer and worker are registered if they are not.
--      Commit after the call: the group waits for this transaction.
--
--      A worker that needs longer than i_dead_interval for a batch must call
--      pgq_coop.heartbeat() from time to time, over a second connection, and
--      finish with pgq_coop.finish_batch(4), which refuses a batch that was
--      taken over.
-- Parameters:
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_subconsumer_name  - worker; each process needs a name of its own
--      i_min_lag           - as in pgq.next_batch_custom()
--      i_min_count         - as in pgq.next_batch_custom()
--      i_min_interval      - as in pgq.next_batch_custom()
--      i_dead_interval     - a member without sign of life for this long is
--                            dead; NULL = nobody ever is
-- Returns:
--      Batch id; NULL if there is none now.
-- Calls:
--      pgq_coop.register_subconsumer, pgq_coop._add_subconsumer,
--      pgq.next_batch_custom
-- Tables directly manipulated:
--      update/delete - pgq.subscription
-- ----------------------------------------------------------------------
declare
    _sub_name text := i_consumer_name || '.' || i_subconsumer_name;
    _queue_id integer;
    _main_id integer;
    _main_batch bigint;
    _sub_consumer integer;
    _sub_id integer;
    _dead record;
    _batch_id bigint;
    _last_tick bigint;
    _next_tick bigint;
begin
    -- The whole group queues up here, so that two workers cannot get one batch.
    for _try in 1 .. 2 loop
        select s.sub_queue, s.sub_consumer, s.sub_batch
          into _queue_id, _main_id, _main_batch
          from pgq.subscription s
          join pgq.queue q on q.queue_id = s.sub_queue
          join pgq.consumer c on c.co_id = s.sub_consumer
         where q.queue_name = i_queue_name
           and c.co_name = i_consumer_name
           for update of s;
        exit when found;
        perform pgq_coop.register_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
    end loop;
    if _main_id is null then
        raise exception 'main consumer not found';
    end if;
    if _main_batch is not null then
        raise exception 'main consumer has batch open?'
            using hint = pg_catalog.format('somebody reads queue %s as plain consumer %s; finish that batch with pgq.finish_batch(%s)',
                                           i_queue_name, i_consumer_name, _main_batch);
    end if;

    for _try in 1 .. 2 loop
        select s.sub_consumer, s.sub_id, s.sub_batch
          into _sub_consumer, _sub_id, _batch_id
          from pgq.subscription s
          join pgq.consumer c on c.co_id = s.sub_consumer
         where s.sub_queue = _queue_id
           and c.co_name = _sub_name
           for update of s;
        exit when found;
        perform pgq_coop._add_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
    end loop;
    if _sub_consumer is null then
        raise exception 'subconsumer not found';
    end if;

    if _batch_id is not null then
        update pgq.subscription s
           set sub_active = pg_catalog.now()
         where s.sub_queue = _queue_id
           and s.sub_consumer = _sub_consumer;
        return _batch_id;
    end if;

    if i_dead_interval is not null then
        -- Locked before it is believed: it may be finishing its batch, or calling heartbeat(), right now.
        select s.sub_consumer, s.sub_batch, s.sub_last_tick, s.sub_next_tick
          into _dead
          from pgq.subscription s
         where s.sub_queue = _queue_id
           and s.sub_id = _sub_id
           and s.sub_consumer not in (_main_id, _sub_consumer)
           -- last seen in the future: the clock was set back
           and (s.sub_active < pg_catalog.now() - i_dead_interval
                or s.sub_active > pg_catalog.clock_timestamp() + i_dead_interval)
         order by s.sub_batch is null, s.sub_active
         limit 1
           for update of s;
        if found then
            -- first, because sub_batch is unique
            delete from pgq.subscription s
             where s.sub_queue = _queue_id
               and s.sub_consumer = _dead.sub_consumer;
            if _dead.sub_batch is not null then
                _batch_id := _dead.sub_batch;
                _last_tick := _dead.sub_last_tick;
                _next_tick := _dead.sub_next_tick;
            end if;
        end if;
    end if;

    if _batch_id is null then
        select b.batch_id, b.prev_tick_id, b.cur_tick_id
          into _batch_id, _last_tick, _next_tick
          from pgq.next_batch_custom(i_queue_name, i_consumer_name, i_min_lag, i_min_count, i_min_interval) b;
        if _batch_id is null then
            return null;
        end if;
        update pgq.subscription s
           set sub_active = pg_catalog.now(),
               sub_last_tick = s.sub_next_tick,
               sub_next_tick = null,
               sub_batch = null
         where s.sub_queue = _queue_id
           and s.sub_consumer = _main_id;
    end if;

    update pgq.subscription s
       set sub_active = pg_catalog.now(),
           sub_last_tick = _last_tick,
           sub_next_tick = _next_tick,
           sub_batch = _batch_id
     where s.sub_queue = _queue_id
       and s.sub_consumer = _sub_consumer;
    return _batch_id;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
