-- Everybody may ask for the version, members of pgq_writer may do the rest. The tables are reached through functions only.
do $grants$
begin
    -- The target database needs no pgq, but roles belong to the whole server and may be made by two installations at once.
    if pg_catalog.to_regrole('pgq_writer') is null then
        begin
            create role pgq_writer;
        exception
            when duplicate_object or unique_violation then
                null;
            when insufficient_privilege then
                raise exception 'pgq_ext: role pgq_writer does not exist and % may not create it', current_user
                    using errcode = 'insufficient_privilege',
                          hint = 'an administrator runs: create role pgq_writer;';
        end;
    end if;
end $grants$;

revoke all on function
    pgq_ext.version(),
    pgq_ext.upgrade_schema(),
    pgq_ext.is_batch_done(text, bigint),
    pgq_ext.is_batch_done(text, text, bigint),
    pgq_ext.set_batch_done(text, bigint),
    pgq_ext.set_batch_done(text, text, bigint),
    pgq_ext.get_last_tick(text),
    pgq_ext.get_last_tick(text, text),
    pgq_ext.set_last_tick(text, bigint),
    pgq_ext.set_last_tick(text, text, bigint),
    pgq_ext.is_event_done(text, bigint, bigint),
    pgq_ext.is_event_done(text, text, bigint, bigint),
    pgq_ext.set_event_done(text, bigint, bigint),
    pgq_ext.set_event_done(text, text, bigint, bigint),
    pgq_ext.forget_consumer(text),
    pgq_ext.forget_consumer(text, text)
from public, pgq_writer;

grant execute on function pgq_ext.version() to public;

grant execute on function
    pgq_ext.upgrade_schema(),
    pgq_ext.is_batch_done(text, bigint),
    pgq_ext.is_batch_done(text, text, bigint),
    pgq_ext.set_batch_done(text, bigint),
    pgq_ext.set_batch_done(text, text, bigint),
    pgq_ext.get_last_tick(text),
    pgq_ext.get_last_tick(text, text),
    pgq_ext.set_last_tick(text, bigint),
    pgq_ext.set_last_tick(text, text, bigint),
    pgq_ext.is_event_done(text, bigint, bigint),
    pgq_ext.is_event_done(text, text, bigint, bigint),
    pgq_ext.set_event_done(text, bigint, bigint),
    pgq_ext.set_event_done(text, text, bigint, bigint),
    pgq_ext.forget_consumer(text),
    pgq_ext.forget_consumer(text, text)
to pgq_writer;

-- see tables/pgq_ext.schema.sql
do $public$
begin
    if pg_catalog.current_setting('pgq_ext.was_public', true) = 'true' then
        grant execute on function
            pgq_ext.is_batch_done(text, bigint),
            pgq_ext.is_batch_done(text, text, bigint),
            pgq_ext.set_batch_done(text, bigint),
            pgq_ext.set_batch_done(text, text, bigint),
            pgq_ext.get_last_tick(text),
            pgq_ext.get_last_tick(text, text),
            pgq_ext.set_last_tick(text, bigint),
            pgq_ext.set_last_tick(text, text, bigint),
            pgq_ext.is_event_done(text, bigint, bigint),
            pgq_ext.is_event_done(text, text, bigint, bigint),
            pgq_ext.set_event_done(text, bigint, bigint),
            pgq_ext.set_event_done(text, text, bigint, bigint)
        to public;
    end if;
end $public$;
