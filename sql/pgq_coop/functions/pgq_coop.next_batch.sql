create or replace function pgq_coop.next_batch(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.next_batch(3)
--      Next batch for this worker. See pgq_coop.next_batch_custom(7).
-- Returns:
--      Batch id; NULL if there is none now.
-- ----------------------------------------------------------------------
begin
    return pgq_coop.next_batch_custom(i_queue_name, i_consumer_name, i_subconsumer_name, null, null, null, null);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;

create or replace function pgq_coop.next_batch(
    i_queue_name text,
    i_consumer_name text,
    i_subconsumer_name text,
    i_dead_interval interval)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop.next_batch(4)
--      The same, and takes over from a worker that gave no sign of life for
--      the interval. See pgq_coop.next_batch_custom(7).
-- Returns:
--      Batch id; NULL if there is none now.
-- ----------------------------------------------------------------------
begin
    return pgq_coop.next_batch_custom(i_queue_name, i_consumer_name, i_subconsumer_name, null, null, null, i_dead_interval);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
