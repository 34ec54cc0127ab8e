create or replace function pgq_coop.next_partition_batch(
    i_queue_name text,
    i_consumer_name text,
    i_count integer,
    i_batch_id bigint,
    i_min_lag interval,
    i_min_count int4,
    i_min_interval interval,
    i_merge_count int4,
    i_dead_interval interval,
    out batch_id bigint,
    out partition_number integer)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.next_partition_batch(9)
--      Gives a worker the batch that it has open; else that of a worker
--      that died; else the next one of the partition that has waited
--      longest. A partition has one open batch at most, so that its events
--      are worked on in their order. The consumer is split if it is not.
--      Commit after the call: the group waits for this transaction.
--
--      A batch that is taken over gets a new id: the old worker's
--      pgq.finish_batch() and pgq_coop.heartbeat() find nothing and return
--      0. Then it must roll back what it did.
-- Parameters:
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_count             - number of partitions, the same in all workers
--      i_batch_id          - batch that this worker has open; NULL if none
--      i_min_lag           - as in pgq.next_batch_custom()
--      i_min_count         - as in pgq.next_batch_custom()
--      i_min_interval      - as in pgq.next_batch_custom()
--      i_merge_count       - without the two before: ticks are merged to a
--                            batch of about so many events, or of as many as
--                            there are; NULL = one tick a batch
--      i_dead_interval     - a batch without sign of life for this long is
--                            taken over; NULL = never
-- Returns:
--      batch_id            - NULL if there is none now
--      partition_number    - from 0 on
-- Calls:
--      pgq_coop._is_split, pgq_coop.register_partitions,
--      pgq.next_batch_custom
-- Tables directly manipulated:
--      update - pgq.subscription
-- ----------------------------------------------------------------------
declare
    _names constant text[] := pgq_coop._partition_names(i_consumer_name, i_count);
    _main record;
    _part record;
    _wanted integer;
begin
    -- before the main row is locked: register_partitions has a lock that comes first
    if not pgq_coop._is_split(i_queue_name, i_consumer_name, i_count) then
        perform pgq_coop.register_partitions(i_queue_name, i_consumer_name, i_count);
    end if;

    -- The whole group queues up here, so that two workers cannot get one batch.
    select s.sub_queue, s.sub_consumer, s.sub_id, s.sub_batch
      into _main
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name
       and c.co_name = i_consumer_name
       for update of s;
    if not found or not pgq_coop._is_split(i_queue_name, i_consumer_name, i_count) then
        raise exception 'consumer % on queue % was changed meanwhile', i_consumer_name, i_queue_name
            using errcode = 'serialization_failure', hint = 'try again';
    end if;
    if _main.sub_batch is not null then
        raise exception 'main consumer has batch open?'
            using hint = pg_catalog.format('somebody reads queue %s as plain consumer %s; finish that batch with pgq.finish_batch(%s)',
                                           i_queue_name, i_consumer_name, _main.sub_batch);
    end if;

    update pgq.subscription s
       set sub_last_tick = p.first_tick,
           sub_active = pg_catalog.now()
      from (select min(x.sub_last_tick) as first_tick
              from pgq.subscription x
             where x.sub_queue = _main.sub_queue
               and x.sub_id = _main.sub_id
               and x.sub_consumer <> _main.sub_consumer) p
     where s.sub_queue = _main.sub_queue
       and s.sub_consumer = _main.sub_consumer
       and s.sub_last_tick < p.first_tick;

    -- A row that is locked is being finished now.
    for _part in
        select s.sub_consumer, s.sub_batch, s.sub_last_tick, c.co_name, array_position(_names, c.co_name) - 1 as number
          from pgq.subscription s
          join pgq.consumer c on c.co_id = s.sub_consumer
         where s.sub_queue = _main.sub_queue
           and s.sub_id = _main.sub_id
           and s.sub_consumer <> _main.sub_consumer
           and (s.sub_batch = i_batch_id
                or s.sub_batch is not null and (
                    s.sub_active < pg_catalog.now() - i_dead_interval
                    -- the future: the clock was set back
                    or s.sub_active > pg_catalog.clock_timestamp() + i_dead_interval)
                or s.sub_batch is null and exists (
                    select from pgq.tick t
                     where t.tick_queue = s.sub_queue
                       and t.tick_id > s.sub_last_tick))
         order by s.sub_batch is distinct from i_batch_id, s.sub_batch is null, s.sub_last_tick, s.sub_active
           for update of s skip locked
    loop
        partition_number := _part.number;
        if _part.sub_batch is null then
            _wanted := null;
            if i_merge_count is not null and i_min_count is null and i_min_interval is null then
                -- asked for as many as there are, it takes the newest tick
                select greatest(0, least(i_merge_count, n.tick_event_seq - p.tick_event_seq))
                  into _wanted
                  from (select t.tick_event_seq
                          from pgq.tick t
                         where t.tick_queue = _main.sub_queue
                         order by t.tick_queue desc, t.tick_id desc
                         limit 1) n,
                       pgq.tick p
                 where p.tick_queue = _main.sub_queue
                   and p.tick_id = _part.sub_last_tick;
            end if;
            select b.batch_id into batch_id
              from pgq.next_batch_custom(i_queue_name, _part.co_name, i_min_lag,
                                         coalesce(i_min_count, _wanted),
                                         i_min_interval) b;
            exit when batch_id is not null;
        else
            batch_id := case when _part.sub_batch = i_batch_id then i_batch_id else nextval('pgq.batch_id_seq') end;
            update pgq.subscription s
               set sub_batch = next_partition_batch.batch_id,
                   sub_active = pg_catalog.now()
             where s.sub_queue = _main.sub_queue
               and s.sub_consumer = _part.sub_consumer;
            return;
        end if;
    end loop;
    if batch_id is null then
        partition_number := null;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
