create or replace function pgq.grant_perms(x_queue_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.grant_perms(1)
--      Give the tables and sequences of a queue the rights that pgq.event_template has. Takes nothing away.
-- Parameters:
--      x_queue_name    - queue, must exist
-- Returns:
--      1
-- Calls:
--      pgq._grant_perms_from
-- ----------------------------------------------------------------------
declare
    v_schema    text;
    v_table     text;
    q           record;
begin
    select queue_ntables, queue_data_pfx, queue_event_seq, queue_tick_seq into q
        from pgq.queue
        where queue_name = x_queue_name;
    if not found then
        raise exception 'Queue not found';
    end if;

    execute 'grant select on sequence ' || pgq.quote_fqname(q.queue_event_seq) || ', '
        || pgq.quote_fqname(q.queue_tick_seq) || ' to public';
    execute 'grant usage on sequence ' || pgq.quote_fqname(q.queue_event_seq) || ' to pgq_admin';

    v_schema := split_part(q.queue_data_pfx, '.', 1);
    v_table := split_part(q.queue_data_pfx, '.', 2);
    perform pgq._grant_perms_from('pgq', 'event_template', v_schema, v_table);
    for i in 0 .. q.queue_ntables - 1 loop
        perform pgq._grant_perms_from('pgq', 'event_template', v_schema, v_table || '_' || i);
    end loop;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
