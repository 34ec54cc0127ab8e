create or replace function pgq_ext.is_batch_done(
    a_consumer text,
    a_subconsumer text,
    a_batch_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.is_batch_done(3)
--      Whether this is the batch that the consumer finished last.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none
--      a_batch_id      - batch id
-- Returns:
--      False if nothing was stored yet. NULL for a NULL batch id after that.
-- ----------------------------------------------------------------------
declare
    _done boolean;
begin
    select b.last_batch_id = a_batch_id
      into _done
      from pgq_ext.completed_batch b
     where b.consumer_id = a_consumer
       and b.subconsumer_id = a_subconsumer;
    if not found then
        return false;
    end if;
    return _done;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.is_batch_done(
    a_consumer text,
    a_batch_id bigint)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.is_batch_done(2)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.is_batch_done(a_consumer, '', a_batch_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
