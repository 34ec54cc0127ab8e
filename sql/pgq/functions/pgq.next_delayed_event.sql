create or replace function pgq.next_delayed_event()
returns timestamptz as $$
-- ----------------------------------------------------------------------
-- Function: pgq.next_delayed_event(0)
--      When pgq.maint_delayed_events will have something to do. Cheap, to be called each second.
-- Returns:
--      a time, which may be past; null: no delayed events but those of queues that take no inserts now
-- Calls:
--      pgq._delayed_queues
-- ----------------------------------------------------------------------
begin
    return (
        select min(d.first_due)
            from pgq._delayed_queues() d
            left join pgq.queue q on q.queue_id = d.queue_id
            where q.queue_disable_insert is not true and q.queue_per_tx_limit is distinct from 0);
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
