-- Which tables and sequences of a set this database takes part in. Rows are changed in this order: node_info, table_info by
-- queue and table, table_copy, copied_range, copy_progress, seq_info, applied_execute, pending_fkeys, conflict.
do $schema$
begin
    -- "create schema if not exists" would want the right to create one even when it is there
    if pg_catalog.to_regnamespace('londiste') is null then
        create schema londiste;
        comment on schema londiste is 'Londiste: tables and sequences that are replicated through a cascaded queue';
    end if;
    grant usage on schema londiste to public;
end $schema$;
