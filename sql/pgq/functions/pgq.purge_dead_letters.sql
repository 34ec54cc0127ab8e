create or replace function pgq.purge_dead_letters(
    i_queue_name text, i_consumer_name text, i_ids bigint[] default null, i_older_than interval default null)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.purge_dead_letters(2 .. 4)
--      Remove dead letters for good.
-- Parameters:
--      i_queue_name    - queue; null: all
--      i_consumer_name - consumer; null: all. It need not be registered.
--      i_ids           - numbers of dead letters (dl_id); null: all
--      i_older_than    - only those that were given up this long ago; null: all
-- Returns:
--      number of dead letters removed
-- Tables directly manipulated:
--      delete - pgq.dead_letter
-- ----------------------------------------------------------------------
declare
    v_count bigint;
begin
    -- in the order of pgq.replay_dead_letters, or the two could wait for each other
    with old as (
        select d.dl_id
            from pgq.dead_letter d, pgq.queue q
            where q.queue_id = d.dl_queue
                and (i_queue_name is null or q.queue_name = i_queue_name)
                and (i_consumer_name is null or d.dl_consumer = i_consumer_name)
                and (i_ids is null or d.dl_id = any (i_ids))
                and (i_older_than is null or d.dl_time < now() - i_older_than)
            order by d.dl_id
            for update of d
    )
    delete from pgq.dead_letter d
        using old
        where d.dl_id = old.dl_id;
    get diagnostics v_count = row_count;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
