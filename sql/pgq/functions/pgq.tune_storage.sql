create or replace function pgq.tune_storage(i_queue_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.tune_storage(1)
--      Set the storage parameters of a queue's tables: they are only appended to and truncated, so autovacuum has
--      nothing to do there.
-- Parameters:
--      i_queue_name    - queue
-- Returns:
--      1, or 0 when there is no such queue
-- ----------------------------------------------------------------------
declare
    v_table text;
    q       record;
begin
    select queue_ntables, queue_data_pfx into q from pgq.queue where queue_name = i_queue_name;
    if not found then
        return 0;
    end if;

    for i in 0 .. q.queue_ntables - 1 loop
        v_table := pgq.quote_fqname(q.queue_data_pfx || '_' || i);
        execute 'alter table ' || v_table || ' set (fillfactor = 100, autovacuum_enabled = off)';
        if (select reltoastrelid <> 0 from pg_class where oid = v_table::regclass) then
            execute 'alter table ' || v_table || ' set (toast.autovacuum_enabled = off)';
        end if;
    end loop;
    return 1;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
