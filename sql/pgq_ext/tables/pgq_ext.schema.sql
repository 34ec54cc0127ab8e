-- Tables are locked in this order everywhere: completed_batch, completed_tick, partial_batch, completed_event.
do $schema$
declare
    _set_batch_done oid;
    _was_public boolean := false;
begin
    -- "create schema if not exists" would want the right to create one even when it is there
    if pg_catalog.to_regnamespace('pgq_ext') is null then
        create schema pgq_ext;
        comment on schema pgq_ext is 'PgQ: what consumers of other databases have done in this one';
    end if;
    grant usage on schema pgq_ext to public;

    -- The reference left all functions to everybody. Whoever takes such a schema over may have consumers
    -- that are not members of pgq_writer: grants.sql gives their right back when it is found here.
    _set_batch_done := pg_catalog.to_regprocedure('pgq_ext.set_batch_done(text, bigint)');
    if _set_batch_done is not null then
        _was_public := pg_catalog.has_function_privilege('public', _set_batch_done, 'execute');
    end if;
    perform pg_catalog.set_config('pgq_ext.was_public', _was_public::text, false);
end $schema$;
