create or replace function pgq.maint_tables_to_vacuum()
returns setof text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_tables_to_vacuum(0)
--      Small tables that change all the time and that somebody has to vacuum when autovacuum does not.
-- Returns:
--      schema.table; nothing while autovacuum is on
-- ----------------------------------------------------------------------
    select w.name
        from unnest(array[
            'pgq.subscription', 'pgq.consumer', 'pgq.queue', 'pgq.tick', 'pgq.retry_queue',
            'pgq_ext.completed_tick', 'pgq_ext.completed_batch', 'pgq_ext.completed_event', 'pgq_ext.partial_batch',
            'pgq_node.local_state', 'londiste.seq_info', 'txid.epoch', 'londiste.completed',
            'pgq.dead_letter', 'pgq.delayed_event', 'pgq.event_key'
        ]) with ordinality w (name, position)
        where current_setting('autovacuum') <> 'on' and to_regclass(w.name) is not null
        order by w.position;
$$ language sql set search_path = pg_catalog, pg_temp;
