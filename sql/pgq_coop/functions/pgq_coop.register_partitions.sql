create or replace function pgq_coop.register_partitions(
    i_queue_name text,
    i_consumer_name text,
    i_count integer,
    i_tick_pos bigint default null)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.register_partitions(4)
--      Splits the work of a consumer into partitions, each of which reads
--      all batches in order and takes the events of its keys from them
--      (the condition is the client's). Of each partition one batch at most
--      is open. The main consumer's position is that of the hindmost one;
--      retried events and dead letters belong to the main consumer.
--
--      A plain consumer without open batch becomes a split one at its
--      position. A number of partitions is changed when all of them stand
--      at one tick and no batch is open.
-- Parameters:
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_count             - number of partitions, 1 to 1000
--      i_tick_pos          - where a new consumer begins, and where an
--                            existing one is moved to, which loses its open
--                            batches; NULL = newest tick, and stay
-- Returns:
--      1 if the main consumer is new, else 0.
-- Calls:
--      pgq.register_consumer_at
-- Tables directly manipulated:
--      update/delete - pgq.subscription
-- ----------------------------------------------------------------------
declare
    _new integer;
    _main record;
    _rest record;
begin
    if i_count is null or i_count not between 1 and 1000 then
        raise exception 'number of partitions must be 1 to 1000, not %', coalesce(i_count::text, 'NULL');
    end if;
    -- the lock of register_subconsumer: workers of a new group may all start at once
    perform pg_catalog.pg_advisory_xact_lock(1885827427, pg_catalog.hashtext(i_consumer_name));

    -- an existing one is looked at before it is moved
    select s.sub_queue, s.sub_consumer, s.sub_id, s.sub_last_tick, s.sub_batch
      into _main
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name
       and c.co_name = i_consumer_name
       for update of s;
    if not found then
        _new := pgq.register_consumer_at(i_queue_name, i_consumer_name, i_tick_pos);
        select s.sub_queue, s.sub_consumer, s.sub_id, s.sub_last_tick, s.sub_batch
          into _main
          from pgq.subscription s
          join pgq.queue q on q.queue_id = s.sub_queue
          join pgq.consumer c on c.co_id = s.sub_consumer
         where q.queue_name = i_queue_name
           and c.co_name = i_consumer_name;
    else
        _new := 0;
        if _main.sub_batch is not null then
            raise exception 'main consumer has batch open?'
                using hint = pg_catalog.format('somebody reads queue %s as plain consumer %s; finish that batch with pgq.finish_batch(%s)',
                                               i_queue_name, i_consumer_name, _main.sub_batch);
        end if;
    end if;

    -- the members that the group has
    select count(*) as members,
           count(*) filter (where c.co_name = any (pgq_coop._partition_names(i_consumer_name, i_count))) as fitting,
           count(*) filter (where s.sub_batch is not null) as busy,
           count(*) filter (where right(c.co_name, -length(i_consumer_name)) !~ '^[.][0-9]+/[0-9]+$') as workers,
           min(s.sub_last_tick) as first_tick, max(s.sub_last_tick) as last_tick
      into _rest
      from (select * from pgq.subscription x
             where x.sub_queue = _main.sub_queue
               and x.sub_id = _main.sub_id
               and x.sub_consumer <> _main.sub_consumer
               for update) s
      join pgq.consumer c on c.co_id = s.sub_consumer;
    if _rest.workers > 0 then
        raise exception 'consumer % on queue % is shared by workers without order', i_consumer_name, i_queue_name
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'unregister its subconsumers first';
    end if;

    if _rest.members <> i_count or _rest.fitting <> i_count then
        if _rest.members > 0 and (_rest.busy > 0 or _rest.first_tick <> _rest.last_tick) then
            raise exception 'consumer % on queue % has % partitions, not %',
                            i_consumer_name, i_queue_name, _rest.members, i_count
                using errcode = 'object_not_in_prerequisite_state',
                      hint = 'the number can be changed when all partitions stand at one tick and no batch is open: pause the ticker, let the workers finish, start them with the new number';
        end if;
        delete from pgq.subscription s
         where s.sub_queue = _main.sub_queue
           and s.sub_id = _main.sub_id
           and s.sub_consumer <> _main.sub_consumer;
        perform pgq.register_consumer_at(i_queue_name, n.name, coalesce(_rest.first_tick, _main.sub_last_tick))
           from unnest(pgq_coop._partition_names(i_consumer_name, i_count)) n (name);
        update pgq.subscription s
           set sub_id = _main.sub_id
          from pgq.consumer c
         where c.co_name = any (pgq_coop._partition_names(i_consumer_name, i_count))
           and s.sub_queue = _main.sub_queue
           and s.sub_consumer = c.co_id;
    end if;

    if i_tick_pos is not null and _new = 0 then
        perform pgq.register_consumer_at(i_queue_name, n.name, i_tick_pos)
           from unnest(i_consumer_name || pgq_coop._partition_names(i_consumer_name, i_count)) n (name);
    end if;
    return _new;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
