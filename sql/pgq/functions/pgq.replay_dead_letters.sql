create or replace function pgq.replay_dead_letters(
    i_queue_name text, i_consumer_name text, i_ids bigint[] default null)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.replay_dead_letters(2 .. 3)
--      Give dead letters to their consumer again. They go through the retry queue: only that consumer sees them, with
--      their id and time, ev_retry starts anew. Those that another session replays or purges now are
--      waited for, and then left to it.
-- Parameters:
--      i_queue_name    - queue
--      i_consumer_name - consumer, must be registered; of a cooperative one the main consumer
--      i_ids           - numbers of dead letters (dl_id); null: all of this consumer
-- Returns:
--      number of dead letters replayed
-- Tables directly manipulated:
--      delete - pgq.dead_letter
--      insert - pgq.retry_queue
-- ----------------------------------------------------------------------
declare
    v_count bigint;
    s       record;
begin
    -- locked, so that unregister_consumer does not clear the retry queue before our rows are in it
    select b.sub_id, b.sub_queue into s
        from pgq.queue q, pgq.consumer c, pgq.subscription b
        where q.queue_name = i_queue_name
            and c.co_name = i_consumer_name
            and b.sub_queue = q.queue_id
            and b.sub_consumer = c.co_id
        for key share of b;
    if not found then
        raise exception 'consumer not registered'
            using hint = 'dead letters are replayed to the consumer that gave them up; register it first';
    end if;

    with due as (
        select dl_id
            from pgq.dead_letter
            where dl_queue = s.sub_queue and dl_consumer = i_consumer_name and (i_ids is null or dl_id = any (i_ids))
            order by dl_id
            for update
    ), taken as (
        delete from pgq.dead_letter d
            using due
            where d.dl_id = due.dl_id
            returning d.*
    ), given as (
        -- one that waits there already will come without our help
        insert into pgq.retry_queue (
                ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry,
                ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
            select current_timestamp, s.sub_queue, t.ev_id, t.ev_time, s.sub_id, null,
                   t.ev_type, t.ev_data, t.ev_extra1, t.ev_extra2, t.ev_extra3, t.ev_extra4
                from taken t
                order by t.ev_id
            on conflict (ev_owner, ev_id) do nothing
    )
    select count(*) into v_count from taken;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
