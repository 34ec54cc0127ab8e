create or replace function pgq.batch_event_tables(x_batch_id bigint)
returns setof text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.batch_event_tables(1)
--      The tables that can hold events of a batch; see pgq.maint_rotate_tables_step2 for the bounds.
-- Parameters:
--      x_batch_id      - open batch
-- Returns:
--      one or two names, not quoted, the previous table before the current one
-- ----------------------------------------------------------------------
declare
    v_cur   text;
    v_prev  text;
    b       record;
begin
    select txid_snapshot_xmin(p.tick_snapshot) as xmin1, txid_snapshot_xmax(n.tick_snapshot) as xmax2,
           q.queue_data_pfx, q.queue_cur_table, q.queue_ntables, q.queue_switch_step1, q.queue_switch_step2
        into b
        from pgq.subscription s, pgq.tick p, pgq.tick n, pgq.queue q
        where s.sub_batch = x_batch_id
            and p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
            and n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
            and q.queue_id = s.sub_queue;
    if not found then
        raise exception 'Cannot find data for batch %', x_batch_id;
    end if;

    v_cur := b.queue_data_pfx || '_' || b.queue_cur_table;
    v_prev := b.queue_data_pfx || '_' || (b.queue_cur_table + b.queue_ntables - 1) % b.queue_ntables;
    if b.xmax2 < b.queue_switch_step1 then
        return next v_prev;
    elsif b.xmin1 > b.queue_switch_step2 then
        return next v_cur;
    else
        return next v_prev;
        return next v_cur;
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
