create or replace function pgq.insert_event_once(
    i_queue_name text, i_key text, i_type text, i_data text,
    i_extra1 text default null, i_extra2 text default null, i_extra3 text default null, i_extra4 text default null,
    i_lifetime interval default '1 day',
    out ev_id bigint, out is_new boolean)
as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_event_once(4 .. 9)
--      Insert an event unless one with the same key was inserted into this queue not long ago. Of two
--      transactions with one key the second waits for the end of the first: if that commits, the second gets its
--      event's id, else it inserts. In REPEATABLE READ and SERIALIZABLE it fails with 40001 then, to be repeated.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_key           - key, at most 2000 bytes
--      i_type          - event type
--      i_data          - payload
--      i_extra1 .. 4   - more fields
--      i_lifetime      - how long the key is remembered from now; null: for ever. A duplicate does not prolong it.
-- Returns:
--      ev_id           - id of the event with this key
--      is_new          - whether it was inserted now
-- Calls:
--      pgq._insert_dispatch
-- Tables directly manipulated:
--      insert, update - pgq.event_key
-- ----------------------------------------------------------------------
declare
    q   record;
begin
    if i_key is null or octet_length(i_key) > 2000 then
        raise exception 'insert_event_once: i_key must be a text of at most 2000 bytes';
    end if;
    if i_lifetime <= interval '0' then
        raise exception 'insert_event_once: i_lifetime must be positive, not %', i_lifetime;
    end if;
    if i_queue_name is null then
        raise exception 'Queue name must not be NULL';
    end if;
    select queue_id, queue_event_seq into q
        from pgq.queue
        where queue_name = i_queue_name;
    if not found then
        raise exception 'No such queue';
    end if;

    -- most duplicates come after the first one's end: no lock then
    is_new := false;
    select k.ek_event into ev_id
        from pgq.event_key k
        where k.ek_queue = q.queue_id and k.ek_key = i_key and k.ek_expire > now();
    if found then
        return;
    end if;

    insert into pgq.event_key as k (ek_queue, ek_key, ek_event, ek_expire)
        values (q.queue_id, i_key, nextval(q.queue_event_seq), coalesce(now() + i_lifetime, 'infinity'))
        on conflict (ek_queue, ek_key) do update
            set ek_event = excluded.ek_event, ek_expire = excluded.ek_expire
            where k.ek_expire <= now()
        returning k.ek_event into ev_id;
    if found then
        is_new := true;
        perform pgq._insert_dispatch(i_queue_name, ev_id, now(), null, null,
            i_type, i_data, i_extra1, i_extra2, i_extra3, i_extra4);
        return;
    end if;

    -- the row of whom we waited for: locked by the insert, so that it stays
    select k.ek_event into ev_id
        from pgq.event_key k
        where k.ek_queue = q.queue_id and k.ek_key = i_key;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
