create or replace function pgq_coop.finish_batch(i_batch_id bigint)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.finish_batch(1)
--      Closes a subconsumer's batch, whoever has it: a worker that was
--      declared dead closes that of its successor. For old programs; new
--      ones say who they are, see finish_batch(4).
-- Parameters:
--      i_batch_id      - batch id
-- Returns:
--      1 if the batch was found, else 0 and a warning.
-- Tables directly manipulated:
--      update - pgq.subscription
-- ----------------------------------------------------------------------
begin
    -- A long transaction must not set the sign of life back behind a heartbeat() made during it.
    update pgq.subscription s
       set sub_active = greatest(s.sub_active, pg_catalog.now()),
           sub_last_tick = null,
           sub_next_tick = null,
           sub_batch = null
     where s.sub_batch = i_batch_id;
    if not found then
        raise warning 'coop_finish_batch: batch % not found', i_batch_id;
        return 0;
    end if;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_coop.finish_batch(
    i_batch_id bigint,
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.finish_batch(4)
--      Closes a batch only if this worker has it. Call it in the transaction
--      that does the work: if the batch was taken over, the exception takes
--      the work back, and only the successor's counts.
--      Not in pgq_coop 3.1.1.
-- Parameters:
--      i_batch_id          - batch id
--      i_queue_name        - queue name
--      i_consumer_name     - main consumer
--      i_subconsumer_name  - worker
-- Returns:
--      1. Otherwise an exception with SQLSTATE 55000.
-- Tables directly manipulated:
--      update - pgq.subscription
-- ----------------------------------------------------------------------
begin
    update pgq.subscription s
       set sub_active = greatest(s.sub_active, pg_catalog.now()),
           sub_last_tick = null,
           sub_next_tick = null,
           sub_batch = null
      from pgq.queue q, pgq.consumer c
     where s.sub_batch = i_batch_id
       and q.queue_name = i_queue_name
       and s.sub_queue = q.queue_id
       and c.co_name = i_consumer_name || '.' || i_subconsumer_name
       and s.sub_consumer = c.co_id;
    if not found then
        raise exception 'pgq_coop.finish_batch: subconsumer %.% on queue % does not have batch %',
                        i_consumer_name, i_subconsumer_name, i_queue_name, i_batch_id
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'it was finished already, or another subconsumer took it over: this one was silent for longer than the dead interval';
    end if;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
