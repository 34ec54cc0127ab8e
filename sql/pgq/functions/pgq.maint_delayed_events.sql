create or replace function pgq.maint_delayed_events()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_delayed_events(0)
--      Move delayed events that are due into their queues, at most 1000. To be called until it returns 0, each time in a
--      transaction of its own. Cheap when nothing is due.
--      A queue that takes no inserts keeps its events; one that fails is reported with a warning and keeps them too:
--      no queue waits for another one. Of a queue with queue_per_tx_limit that many are moved at most.
-- Returns:
--      number of events moved
-- Calls:
--      pgq._delayed_queues, pgq._insert_target
-- Tables directly manipulated:
--      delete - pgq.delayed_event
--      insert - pgq.event_N_M
-- ----------------------------------------------------------------------
declare
    v_total integer := 0;
    v_count integer;
    v_table text;
    q       record;
begin
    for q in
        select d.queue_id, x.queue_name, x.queue_event_seq,
               case when x.queue_per_tx_limit >= 0 then x.queue_per_tx_limit else 1000 end as most
            from pgq._delayed_queues() d
            left join pgq.queue x on x.queue_id = d.queue_id
            where d.first_due <= now()
                and x.queue_disable_insert is not true
                and x.queue_per_tx_limit is distinct from 0
            order by d.first_due
    loop
        if q.queue_name is null then
            -- given in a transaction that was still open when the queue was dropped
            delete from pgq.delayed_event where de_queue = q.queue_id;
            continue;
        end if;
        begin
            select t.table_name into v_table from pgq._insert_target(q.queue_name, 0) t;
            execute format($sql$
                with moved as (
                    -- by place: a join could read all events that are delayed
                    delete from pgq.delayed_event d
                        where d.ctid = any (array(
                            select e.ctid
                                from pgq.delayed_event e
                                where e.de_queue = $1 and e.de_due <= now()
                                order by e.de_due, e.ev_id
                                limit $2
                                for update skip locked))
                        returning d.*
                )
                insert into %s (ev_id, ev_time, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
                    select m.ev_id, m.de_due, m.ev_type, m.ev_data, m.ev_extra1, m.ev_extra2, m.ev_extra3, m.ev_extra4
                        from moved m
                        order by m.ev_id$sql$, v_table)
                using q.queue_id, least(q.most, 1000 - v_total);
            get diagnostics v_count = row_count;
            -- the ticker counts events by the sequence
            perform nextval(q.queue_event_seq) from generate_series(1, v_count);
            v_total := v_total + v_count;
        exception
            when others then
                raise warning 'maint_delayed_events: queue % failed: %', q.queue_name, sqlerrm;
        end;
        exit when v_total >= 1000;
    end loop;
    return v_total;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
