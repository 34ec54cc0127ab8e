create or replace function pgq.insert_events_once(
    i_queue_name text, i_keys text[], i_types text[], i_datas text[],
    i_extra1s text[] default null, i_extra2s text[] default null,
    i_extra3s text[] default null, i_extra4s text[] default null,
    i_lifetime interval default '1 day')
returns bigint[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_events_once(4 .. 9)
--      Insert many events in one call, each unless its key was used in this queue not long ago, or before in the
--      same arrays. See pgq.insert_event_once. Keys are taken in one order, so that two calls
--      never wait for each other.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_keys          - keys; a null element: that event is always inserted
--      i_types         - event types, as many
--      i_datas         - payloads, as many
--      i_extra1s .. 4s - more fields, as many, or null
--      i_lifetime      - how long the keys are remembered from now; null: for ever
-- Returns:
--      ids of the events in the order of the arrays; for a duplicate that of the first one
-- Calls:
--      pgq._insert_target
-- Tables directly manipulated:
--      insert, update - pgq.event_key
-- ----------------------------------------------------------------------
declare
    v_known     bigint[];   -- per position: the event that the key has already
    v_positions bigint[];   -- of the events that may be new; the three arrays go together
    v_keys      text[];
    v_ids       bigint[];
    v_claimed   bigint[];   -- of v_ids: those whose key is ours
    v_table     text;
    v_name      text;
    v_other     text[];
    q           record;
begin
    foreach v_name in array '{i_types,i_datas,i_extra1s,i_extra2s,i_extra3s,i_extra4s}'::text[] loop
        v_other := case v_name when 'i_types' then i_types when 'i_datas' then i_datas when 'i_extra1s' then i_extra1s
            when 'i_extra2s' then i_extra2s when 'i_extra3s' then i_extra3s else i_extra4s end;
        if v_other is not null or v_name in ('i_types', 'i_datas') then
            perform pgq._check_same_length('insert_events_once', 'i_keys', i_keys, v_name, v_other);
        end if;
    end loop;
    if exists (select from unnest(i_keys) u (key) where octet_length(u.key) > 2000) then
        raise exception 'insert_events_once: a key must have at most 2000 bytes';
    end if;
    if i_lifetime <= interval '0' then
        raise exception 'insert_events_once: i_lifetime must be positive, not %', i_lifetime;
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

    -- "limit" makes it one probe of the index a key, whatever the statistics say: a join would read all keys
    select coalesce(array_agg(k.ek_event order by u.n), '{}') into v_known
        from unnest(i_keys) with ordinality u (key, n)
        left join lateral (
            select e.ek_event
                from pgq.event_key e
                where e.ek_queue = q.queue_id and e.ek_key = u.key and e.ek_expire > now()
                limit 1) k on true;

    -- ids in the order of the arrays; keys in one order for everybody
    select array_agg(f.n order by f.key collate "C"), array_agg(f.key order by f.key collate "C"),
           array_agg(f.id order by f.key collate "C")
        into v_positions, v_keys, v_ids
        from (
            select d.n, d.key, nextval(q.queue_event_seq) as id
                from (
                    select min(u.n) as n, u.key
                        from unnest(i_keys, v_known) with ordinality u (key, known, n)
                        where u.known is null
                        group by u.key, case when u.key is null then u.n end
                        order by 1) d
            ) f;
    if v_ids is null then
        return v_known;
    end if;

    with claimed as (
        insert into pgq.event_key as k (ek_queue, ek_key, ek_event, ek_expire)
            select q.queue_id, f.key, f.id, coalesce(now() + i_lifetime, 'infinity')
                from unnest(v_keys, v_ids) with ordinality f (key, id, n)
                where f.key is not null
                order by f.n
            on conflict (ek_queue, ek_key) do update
                set ek_event = excluded.ek_event, ek_expire = excluded.ek_expire
                where k.ek_expire <= now()
            returning k.ek_event
    )
    select coalesce(array_agg(c.ek_event), '{}') into v_claimed from claimed c;

    -- what is left of the three arrays: the events to be inserted
    select coalesce(array_agg(f.n order by f.n), '{}'), coalesce(array_agg(f.id order by f.n), '{}')
        into v_positions, v_ids
        from unnest(v_positions, v_keys, v_ids) f (n, key, id)
        left join unnest(v_claimed) c (id) on c.id = f.id
        where f.key is null or c.id is not null;
    if v_ids <> '{}' then
        select t.table_name into v_table from pgq._insert_target(i_queue_name, cardinality(v_ids)) t;
        execute format(
            'insert into %s (ev_time, ev_id, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
            ' select now(), f.id, e.t, e.d, e.e1, e.e2, e.e3, e.e4'
            ' from unnest($1, $2) f (n, id)'
            ' join unnest($3, $4, $5, $6, $7, $8) with ordinality e (t, d, e1, e2, e3, e4, n) on e.n = f.n'
            ' order by f.n', v_table)
            using v_positions, v_ids, i_types, i_datas, i_extra1s, i_extra2s, i_extra3s, i_extra4s;
    end if;

    -- keys that somebody else got meanwhile, and repetitions in the arrays; their rows are ours or locked by us
    return (
        select array_agg(coalesce(u.known, f.id, k.ek_event) order by u.n)
            from unnest(i_keys, v_known) with ordinality u (key, known, n)
            left join unnest(v_positions, v_ids) f (n, id) on f.n = u.n
            left join lateral (
                select e.ek_event
                    from pgq.event_key e
                    where e.ek_queue = q.queue_id and e.ek_key = u.key and u.known is null and f.id is null
                    limit 1) k on true);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
