create or replace function pgq_ext.is_event_done(
    a_consumer text,
    a_subconsumer text,
    a_batch_id bigint,
    a_event_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.is_event_done(4)
--      Whether the consumer has applied this event of its current batch.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none
--      a_batch_id      - batch id
--      a_event_id      - event id
-- Returns:
--      True or false; false for NULLs.
-- ----------------------------------------------------------------------
begin
    perform 1
       from pgq_ext.completed_event e
      where e.consumer_id = a_consumer
        and e.subconsumer_id = a_subconsumer
        and e.batch_id = a_batch_id
        and e.event_id = a_event_id;
    return found;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.is_event_done(
    a_consumer text,
    a_batch_id bigint,
    a_event_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.is_event_done(3)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.is_event_done(a_consumer, '', a_batch_id, a_event_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
