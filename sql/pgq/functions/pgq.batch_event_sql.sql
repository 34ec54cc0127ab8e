create or replace function pgq.batch_event_sql(x_batch_id bigint)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq.batch_event_sql(1)
--      SELECT statement for the events of a batch: those whose transactions are visible in the snapshot at its end
--      and not in the one at its start.
--
--      For each table two parts, so that one old transaction does not make us read everything since it began:
--      a range of transaction ids from the top of the first snapshot on, and a list of the transactions
--      that were running in the first snapshot. Listed ids close below the range are taken into the range.
-- Parameters:
--      x_batch_id      - open batch
-- Returns:
--      the statement; it ends in " order by 1" and has every name qualified
-- Calls:
--      pgq.batch_event_tables
-- ----------------------------------------------------------------------
declare
    c_max_gap   constant bigint := 100; -- how far apart an id may lie and still be read with the range
    v_low       bigint;
    v_txid      bigint;
    v_list      bigint[] := '{}';
    v_table     text;
    v_select    text;
    v_filter    text;
    v_sql       text := '';
    b           record;
begin
    select s.sub_id,
           p.tick_snapshot as s1, n.tick_snapshot as s2,
           txid_snapshot_xmax(p.tick_snapshot) as xmax1, txid_snapshot_xmax(n.tick_snapshot) as xmax2
        into b
        from pgq.subscription s, pgq.tick p, pgq.tick n
        where s.sub_batch = x_batch_id
            and p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
            and n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick;
    if not found then
        raise exception 'batch not found';
    end if;

    v_low := b.xmax1;
    for v_txid in
        select x.id
            from txid_snapshot_xip(b.s1) x (id)
            where txid_visible_in_snapshot(x.id, b.s2)
            order by x.id desc
    loop
        if v_txid + c_max_gap >= v_low then
            v_low := v_txid;
        else
            v_list := v_list || v_txid;
        end if;
    end loop;

    v_select := 'select ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4'
        ' from ';
    v_filter := format(' and (ev_owner is null or ev_owner operator(pg_catalog.=) %s)', b.sub_id);
    for v_table in
        select t.name from pgq.batch_event_tables(x_batch_id) t (name)
    loop
        v_sql := v_sql || case v_sql when '' then '' else ' union all ' end
            || v_select || pgq.quote_fqname(v_table)
            || format(
                ' where ev_txid operator(pg_catalog.>=) %s and ev_txid operator(pg_catalog.<=) %s'
                ' and pg_catalog.txid_visible_in_snapshot(ev_txid, %L::pg_catalog.txid_snapshot)'
                ' and not pg_catalog.txid_visible_in_snapshot(ev_txid, %L::pg_catalog.txid_snapshot)',
                v_low, b.xmax2, b.s2, b.s1)
            || v_filter;
        if v_list <> '{}' then
            -- all of them are unseen by the first snapshot and over in the second one: no tests
            v_sql := v_sql || ' union all ' || v_select || pgq.quote_fqname(v_table)
                || format(' where ev_txid operator(pg_catalog.=) any (%L::pg_catalog.int8[])', v_list)
                || v_filter;
        end if;
    end loop;
    if v_sql = '' then
        raise exception 'could not construct sql for batch %', x_batch_id;
    end if;
    return v_sql || ' order by 1';
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
