create or replace function pgq.upgrade_schema()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.upgrade_schema(0)
--      Bring the parts that "create or replace" does not reach up to date. May be called at any time; looks before
--      it locks.
-- Returns:
--      0
-- Calls:
--      pgq._make_roles, pgq._raise_serial_sequences, pgq.maint_queue_helpers
-- ----------------------------------------------------------------------
begin
    perform pgq._make_roles();

    if exists (
        select 1
            from pg_attribute
            where attrelid = 'pgq.subscription'::regclass and attname = 'sub_last_tick' and attnotnull)
    then
        alter table pgq.subscription alter column sub_last_tick drop not null;
    end if;
    if not exists (
        select 1
            from pg_attribute
            where attrelid = 'pgq.queue'::regclass and attname = 'queue_extra_maint' and not attisdropped)
    then
        alter table pgq.queue add column queue_extra_maint text[];
    end if;

    perform pgq._raise_serial_sequences();
    perform pgq.maint_queue_helpers();
    return 0;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
