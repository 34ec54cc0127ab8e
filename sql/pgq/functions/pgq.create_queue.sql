create or replace function pgq.create_queue(i_queue_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.create_queue(1)
--      Create a queue with its tables, sequences and first tick.
-- Parameters:
--      i_queue_name    - any text
-- Returns:
--      1 if it was created, 0 if a queue of that name exists
-- Calls:
--      pgq.grant_perms, pgq.ticker, pgq.tune_storage, pgq._make_queue_helpers, pgq._make_insert_dispatch
-- Tables directly manipulated:
--      insert - pgq.queue
--      create - pgq.event_N, pgq.event_N_0 .. pgq.event_N_M
-- ----------------------------------------------------------------------
declare
    v_id        integer;
    v_ntables   integer;
    v_parent    text;
    v_child     text;
    v_index     text;
begin
    if i_queue_name is null then
        raise exception 'Invalid NULL value';
    end if;
    perform 1 from pgq.queue where queue_name = i_queue_name;
    if found then
        return 0;
    end if;

    v_id := nextval('pgq.queue_queue_id_seq');
    v_parent := 'pgq.event_' || v_id;
    insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
        values (v_id, i_queue_name, v_parent, v_parent || '_id_seq', v_parent || '_tick_seq')
        on conflict (queue_name) do nothing
        returning queue_ntables into v_ntables;
    if not found then
        return 0; -- somebody else made it meanwhile
    end if;

    execute 'create sequence ' || v_parent || '_tick_seq';
    execute 'create sequence ' || v_parent || '_id_seq';
    execute 'create table ' || v_parent || ' () inherits (pgq.event_template)';
    for i in 0 .. v_ntables - 1 loop
        v_child := v_parent || '_' || i;
        v_index := 'event_' || v_id || '_' || i || '_txid_idx';
        execute 'create table ' || v_child || ' () inherits (' || v_parent || ')';
        execute 'alter table ' || v_child || ' alter column ev_id set default nextval('
            || quote_literal(v_parent || '_id_seq') || ')';
        execute 'create index ' || v_index || ' on ' || v_child || ' (ev_txid)';
    end loop;

    perform pgq.grant_perms(i_queue_name);
    perform pgq.ticker(i_queue_name);
    perform pgq.tune_storage(i_queue_name);
    perform pgq._make_queue_helpers(v_id);
    perform pgq._make_insert_dispatch();
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
