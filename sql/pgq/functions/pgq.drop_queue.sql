create or replace function pgq.drop_queue(x_queue_name text, x_force bool)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.drop_queue(2)
--      Drop a queue with everything in it.
-- Parameters:
--      x_queue_name    - queue, must exist
--      x_force         - true: unregister the consumers and end the captures that are left; else their presence is
--                        an error
-- Returns:
--      1
-- Calls:
--      pgq.unregister_consumer, pgq.get_consumer_info, pgq._drop_queue_captures, pgq._drop_queue_helpers
-- Tables directly manipulated:
--      delete - pgq.queue, pgq.tick, pgq.delayed_event, pgq.event_key, pgq.dead_letter
--      drop   - pgq.event_N, pgq.event_N_0 .. pgq.event_N_M
-- ----------------------------------------------------------------------
declare
    v_consumer  text;
    q           record;
begin
    -- the ticker's lock, before that of the row: it takes them in this order too
    perform pg_advisory_xact_lock(7366513, queue_id) from pgq.queue where queue_name = x_queue_name;
    select queue_id, queue_ntables, queue_data_pfx, queue_event_seq, queue_tick_seq into q
        from pgq.queue
        where queue_name = x_queue_name
        for update;
    if not found then
        raise exception 'No such event queue';
    end if;

    if x_force then
        for v_consumer in
            select consumer_name from pgq.get_consumer_info(x_queue_name)
        loop
            perform pgq.unregister_consumer(x_queue_name, v_consumer);
        end loop;
    else
        perform 1 from pgq.subscription where sub_queue = q.queue_id;
        if found then
            raise exception 'cannot drop queue, consumers still attached';
        end if;
    end if;

    perform pgq._drop_queue_captures(q.queue_id, x_force);

    for i in 0 .. q.queue_ntables - 1 loop
        execute 'drop table ' || pgq.quote_fqname(q.queue_data_pfx || '_' || i);
    end loop;
    execute 'drop table ' || pgq.quote_fqname(q.queue_data_pfx);
    delete from pgq.tick where tick_queue = q.queue_id;
    execute 'drop sequence ' || pgq.quote_fqname(q.queue_tick_seq);
    execute 'drop sequence ' || pgq.quote_fqname(q.queue_event_seq);
    -- after the sequence: who gave such an event or key has used that, and its transaction has ended
    delete from pgq.delayed_event where de_queue = q.queue_id;
    delete from pgq.event_key where ek_queue = q.queue_id;
    delete from pgq.dead_letter where dl_queue = q.queue_id;
    delete from pgq.queue where queue_id = q.queue_id;

    perform pgq._drop_queue_helpers(q.queue_id);
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.drop_queue(x_queue_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.drop_queue(1)
--      Drop a queue that has no consumers.
-- Returns:
--      1
-- ----------------------------------------------------------------------
begin
    return pgq.drop_queue(x_queue_name, false);
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
