-- Who may do what. For every function listed, and for every internal one, all rights of PUBLIC and of our roles are
-- revoked first; rights that an administrator gave to other roles stay. Functions are listed by
-- name: all overloads belong to the same group.
do $$
declare
    c_public constant text[] := array[
        'seq_getval', 'get_queue_info', 'get_consumer_info', 'quote_fqname', 'version',
        -- parts of the triggers, which run with the rights of whoever changes the table; insert_event is the gate
        '_urlencode', '_equality_operator', '_list_columns', '_attkind_columns', '_trigger_options',
        '_row_texts', '_check_row_columns', '_changed_columns', '_url_row', '_sql_row', '_json_row', '_json_type',
        '_magic_fields', '_row_words', '_row_expression', '_log_row', '_log_truncate', '_trigger_shape', '_trigger_fits',
        -- parts of the capture triggers, likewise
        '_replay_role', '_capture_is_current', '_capture_is_local', '_capture_tables', '_capture_slow_sql', '_capture_when'];
    c_reader constant text[] := array[
        'batch_event_sql', 'batch_event_tables', 'find_tick_helper',
        'register_consumer', 'register_consumer_at', 'unregister_consumer',
        'next_batch', 'next_batch_info', 'next_batch_custom',
        'get_batch_events', 'get_batch_info', 'get_batch_cursor',
        'event_retry', 'event_retry_many', 'batch_retry', 'force_tick', 'finish_batch',
        'event_dead', 'get_dead_letters', 'replay_dead_letters', 'purge_dead_letters', 'get_delayed_events'];
    c_writer constant text[] := array[
        'insert_event', 'insert_events', 'insert_event_at', 'cancel_delayed_event', 'insert_event_once', 'insert_events_once',
        'current_event_table', '_current_table_number',
        'jsontriga', 'sqltriga', 'logutriga', 'logtriga'];
    c_admin constant text[] := array[
        'ticker', 'ticker_now', 'ticker_loop', 'maintain', '_maintain_step',
        'maint_retry_events', 'maint_rotate_tables_step1', 'maint_rotate_tables_step2', '_txid_from_xid',
        'maint_delayed_events', 'next_delayed_event', 'maint_event_keys',
        'maint_tables_to_vacuum', 'maint_operations', 'maint_queue_helpers', '_queue_helpers_stale', 'maint_triggers', 'maint_triggers_needed',
        '_leftover_insert_functions', '_insert_dispatch_body', '_insert_dispatch_tree',
        'upgrade_schema', '_make_roles', '_raise_serial_sequences',
        'grant_perms', '_grant_perms_from', 'tune_storage', 'seq_setval',
        'create_queue', 'drop_queue', 'set_queue_config',
        'insert_event_raw', 'event_retry_raw', '_insert_dispatch', '_insert_generic', '_check_insert', '_check_tx_limit',
        'create_capture', 'drop_capture', 'get_capture_info', 'maint_capture', 'maint_capture_needed',
        '_capture_define', '_capture_check_expressions', '_capture_stale'];
    f record;
begin
    for f in
        select p.oid::regprocedure as signature,
               case when p.prokind = 'p' then 'procedure' else 'function' end as kind,
               case
                   when p.proname = any (c_public) or p.proname ~ '^_log_[0-9]+$' then 'public'
                   when p.proname = any (c_reader) then 'pgq_reader'
                   when p.proname = any (c_writer) then 'pgq_writer'
                   when p.proname = any (c_admin) or p.proname ~ '^_(insert_[0-9]+|capture_[0-9]+_[a-z])$' then 'pgq_admin'
               end as grantee
            from pg_catalog.pg_proc p
            where p.pronamespace = 'pgq'::regnamespace
    loop
        continue when f.grantee is null and f.signature::text not like 'pgq.\_%';
        execute format('revoke all on %s %s from public, pgq_reader, pgq_writer, pgq_admin', f.kind, f.signature);
        if f.grantee is not null then
            execute format('grant execute on %s %s to %s', f.kind, f.signature, f.grantee);
        end if;
    end loop;
end $$;

revoke all on pgq.consumer, pgq.queue, pgq.tick, pgq.subscription, pgq.event_template, pgq.retry_queue
    from public, pgq_reader, pgq_writer, pgq_admin;
revoke all on pgq.dead_letter, pgq.delayed_event, pgq.event_key from public, pgq_reader, pgq_writer, pgq_admin;
revoke all on pgq.capture, pgq.compiled_trigger from public, pgq_reader, pgq_writer, pgq_admin;
grant select on pgq.capture to pgq_admin;
grant select on pgq.consumer, pgq.queue, pgq.tick, pgq.subscription to public, pgq_reader;
grant select on pgq.compiled_trigger to public;
grant select, insert, update, delete on pgq.consumer, pgq.queue, pgq.tick, pgq.subscription to pgq_admin;
grant select on pgq.event_template to pgq_reader;
grant select, insert, truncate on pgq.event_template to pgq_admin;
grant select, insert, update, delete on pgq.retry_queue to pgq_admin;
grant select, insert, update, delete on pgq.dead_letter, pgq.delayed_event, pgq.event_key to pgq_admin;
-- how many there are, for whoever watches the queues; contents come from the functions
grant select (de_queue, de_due) on pgq.delayed_event to pgq_reader;
grant select (dl_queue, dl_consumer, dl_time) on pgq.dead_letter to pgq_reader;
