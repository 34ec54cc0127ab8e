create or replace function pgq_ext.forget_consumer(
    a_consumer text,
    a_subconsumer text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.forget_consumer(2)
--      Removes everything that is stored about a retired consumer. Only for
--      consumers that will not come back: a batch that was applied here and
--      not finished in the queue would be applied again.
--      Not in pgq_ext 3.1, where such rows stayed for ever.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none, NULL for all
--                        subconsumers and ''
-- Returns:
--      Number of rows removed.
-- Tables directly manipulated:
--      delete - all four
-- ----------------------------------------------------------------------
declare
    _count integer := 0;
    _rows integer;
begin
    delete from pgq_ext.completed_batch b
     where b.consumer_id = a_consumer
       and b.subconsumer_id = coalesce(a_subconsumer, b.subconsumer_id);
    get diagnostics _rows = row_count;
    _count := _count + _rows;

    delete from pgq_ext.completed_tick t
     where t.consumer_id = a_consumer
       and t.subconsumer_id = coalesce(a_subconsumer, t.subconsumer_id);
    get diagnostics _rows = row_count;
    _count := _count + _rows;

    delete from pgq_ext.partial_batch p
     where p.consumer_id = a_consumer
       and p.subconsumer_id = coalesce(a_subconsumer, p.subconsumer_id);
    get diagnostics _rows = row_count;
    _count := _count + _rows;

    delete from pgq_ext.completed_event e
     where e.consumer_id = a_consumer
       and e.subconsumer_id = coalesce(a_subconsumer, e.subconsumer_id);
    get diagnostics _rows = row_count;
    return _count + _rows;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.forget_consumer(a_consumer text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.forget_consumer(1)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.forget_consumer(a_consumer, '');
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
