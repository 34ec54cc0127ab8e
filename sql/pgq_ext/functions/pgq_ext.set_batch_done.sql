create or replace function pgq_ext.set_batch_done(
    a_consumer text,
    a_subconsumer text,
    a_batch_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.set_batch_done(3)
--      Remembers the batch as the last one that was applied here. Call it in
--      the transaction that does the work.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none
--      a_batch_id      - batch id
-- Returns:
--      True if it is new; false if it is the last one already: then the work
--      must not be done again. Ids below 1 and NULL give true and are not
--      stored.
-- Tables directly manipulated:
--      insert/update - pgq_ext.completed_batch
-- ----------------------------------------------------------------------
begin
    if a_batch_id > 0 then
        -- One statement, so that of two sessions with the same batch the second waits and is told "false".
        insert into pgq_ext.completed_batch as b (consumer_id, subconsumer_id, last_batch_id)
        values (a_consumer, a_subconsumer, a_batch_id)
        on conflict (consumer_id, subconsumer_id) do update
            set last_batch_id = excluded.last_batch_id
            where b.last_batch_id <> excluded.last_batch_id;
        return found;
    end if;
    return pgq_ext.is_batch_done(a_consumer, a_subconsumer, a_batch_id) is not true;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.set_batch_done(
    a_consumer text,
    a_batch_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.set_batch_done(2)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.set_batch_done(a_consumer, '', a_batch_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
