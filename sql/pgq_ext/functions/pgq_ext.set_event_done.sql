create or replace function pgq_ext.set_event_done(
    a_consumer text,
    a_subconsumer text,
    a_batch_id bigint,
    a_event_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.set_event_done(4)
--      Remembers an event of a batch as applied here. Call it in the
--      transaction that does the work. The first event of another batch
--      forgets those of the former: that one was finished in the queue.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none
--      a_batch_id      - batch id
--      a_event_id      - event id
-- Returns:
--      True if it is new; false if it was done already.
-- Tables directly manipulated:
--      insert/update - pgq_ext.partial_batch
--      insert/delete - pgq_ext.completed_event
-- ----------------------------------------------------------------------
declare
    _cur_batch_id bigint;
begin
    if pgq_ext.is_event_done(a_consumer, a_subconsumer, a_batch_id, a_event_id) then
        return false;
    end if;

    -- No lock while the batch stays the same: this is called once an event.
    select p.cur_batch_id
      into _cur_batch_id
      from pgq_ext.partial_batch p
     where p.consumer_id = a_consumer
       and p.subconsumer_id = a_subconsumer;
    if not found or _cur_batch_id <> a_batch_id then
        insert into pgq_ext.partial_batch (consumer_id, subconsumer_id, cur_batch_id)
        values (a_consumer, a_subconsumer, a_batch_id)
        on conflict (consumer_id, subconsumer_id) do nothing;
        if not found then
            select p.cur_batch_id
              into _cur_batch_id
              from pgq_ext.partial_batch p
             where p.consumer_id = a_consumer
               and p.subconsumer_id = a_subconsumer
               for no key update;
            if _cur_batch_id <> a_batch_id then
                update pgq_ext.partial_batch p
                   set cur_batch_id = a_batch_id
                 where p.consumer_id = a_consumer
                   and p.subconsumer_id = a_subconsumer;
                delete from pgq_ext.completed_event e
                 where e.consumer_id = a_consumer
                   and e.subconsumer_id = a_subconsumer
                   and e.batch_id = _cur_batch_id;
            end if;
        end if;
    end if;

    -- Of two sessions with the same event the second waits and is told "false".
    insert into pgq_ext.completed_event (consumer_id, subconsumer_id, batch_id, event_id)
    values (a_consumer, a_subconsumer, a_batch_id, a_event_id)
    on conflict (consumer_id, subconsumer_id, batch_id, event_id) do nothing;
    return found;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.set_event_done(
    a_consumer text,
    a_batch_id bigint,
    a_event_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.set_event_done(3)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.set_event_done(a_consumer, '', a_batch_id, a_event_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
