create or replace function pgq._delayed_queues(out queue_id integer, out first_due timestamptz)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._delayed_queues(0)
--      Queues that have delayed events, by two probes of an index a queue, however many events there are.
-- Returns:
--      queue_id        - queue; it may be gone
--      first_due       - when its next delayed event is due
-- ----------------------------------------------------------------------
    with recursive waiting (id) as (
        (select d.de_queue from pgq.delayed_event d order by d.de_queue limit 1)
        union all
        select (select d.de_queue from pgq.delayed_event d where d.de_queue > w.id order by d.de_queue limit 1)
            from waiting w
            where w.id is not null
    )
    select w.id, f.de_due
        from waiting w
        cross join lateral (
            select d.de_due
                from pgq.delayed_event d
                where d.de_queue = w.id
                order by d.de_due
                limit 1) f
        where w.id is not null;
$$ language sql stable set search_path = pg_catalog, pg_temp;
