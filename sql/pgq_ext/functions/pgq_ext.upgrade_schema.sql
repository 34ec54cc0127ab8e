create or replace function pgq_ext.upgrade_schema()
returns int4 as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.upgrade_schema(0)
--      Brings the tables of 2.1 to the form of 3.1: column subconsumer_id,
--      part of the primary keys, default ''. Rows are kept, as those of
--      subconsumer ''. Harmless on current tables.
-- Returns:
--      Number of changes.
-- Tables directly manipulated:
--      alter - all four
-- ----------------------------------------------------------------------
declare
    _count      int4 := 0;
    _relid      oid;
    _has_column boolean;
    _has_default boolean;
    _old_key    text;
    _tab        record;
begin
    for _tab in
        select * from (values
            ('completed_batch', 'consumer_id, subconsumer_id'),
            ('completed_tick',  'consumer_id, subconsumer_id'),
            ('partial_batch',   'consumer_id, subconsumer_id'),
            ('completed_event', 'consumer_id, subconsumer_id, batch_id, event_id')) t (name, key)
    loop
        -- a missing table is an error
        _relid := format('pgq_ext.%I', _tab.name)::regclass;

        select count(*) > 0, coalesce(bool_or(a.atthasdef), false)
          into _has_column, _has_default
          from pg_attribute a
         where a.attrelid = _relid
           and a.attname = 'subconsumer_id'
           and not a.attisdropped;

        if not _has_column then
            select c.conname into _old_key
              from pg_constraint c
             where c.conrelid = _relid
               and c.contype = 'p';
            if found then
                execute format('alter table pgq_ext.%I drop constraint %I', _tab.name, _old_key);
            end if;
            -- with the default in the same command the table is not rewritten
            execute format('alter table pgq_ext.%I add column subconsumer_id text not null default %L', _tab.name, '');
            execute format('alter table pgq_ext.%I add constraint %I primary key (%s)',
                           _tab.name, _tab.name || '_pkey', _tab.key);
            _count := _count + 2;
        elsif not _has_default then
            execute format('alter table pgq_ext.%I alter column subconsumer_id set default %L', _tab.name, '');
            _count := _count + 1;
        end if;
    end loop;

    return _count;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
