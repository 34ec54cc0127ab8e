create or replace function pgq.register_consumer(x_queue_name text, x_consumer_id text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.register_consumer(2)
--      Subscribe a consumer to a queue. It sees what comes from the newest tick on.
-- Parameters:
--      x_queue_name    - queue, must exist
--      x_consumer_id   - name of the consumer
-- Returns:
--      1 if it was subscribed, 0 if it was so already
-- Calls:
--      pgq.register_consumer_at
-- ----------------------------------------------------------------------
begin
    return pgq.register_consumer_at(x_queue_name, x_consumer_id, null);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
