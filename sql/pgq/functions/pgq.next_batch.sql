create or replace function pgq.next_batch(i_queue_name text, i_consumer_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.next_batch(2)
--      Open the next batch of a consumer, or return the one that is open.
-- Returns:
--      batch id, or null when there is none yet
-- ----------------------------------------------------------------------
declare
    v_batch bigint;
begin
    select b.batch_id into v_batch
        from pgq.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) b;
    return v_batch;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
