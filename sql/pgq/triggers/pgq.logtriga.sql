create or replace function pgq.logtriga()
returns trigger as $$
-- ----------------------------------------------------------------------
-- Function: pgq.logtriga(0)
--      Trigger of PgQ 2, for databases that still have it: AFTER row trigger,
--      events as of sqltriga.
--
--      Arguments: queue name, one letter for each column (k key, i ignored,
--      else normal; columns without a letter are left out), and a table name
--      that is not used.
-- Returns:
--      NULL
-- ----------------------------------------------------------------------
begin
    if TG_WHEN operator(pg_catalog.<>) 'AFTER' or TG_LEVEL operator(pg_catalog.<>) 'ROW' then
        raise exception 'pgq.logtriga must be fired AFTER';
    elsif TG_NARGS operator(pg_catalog.<>) 2 and TG_NARGS operator(pg_catalog.<>) 3 then
        raise exception 'pgq.logtriga must be used with 2 or 3 args';
    elsif TG_OP operator(pg_catalog.=) 'INSERT' then
        perform pgq._log_row('sql', TG_OP, TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV, NEW, NEW, TG_ARGV[1]);
    elsif TG_OP operator(pg_catalog.=) 'UPDATE' then
        perform pgq._log_row('sql', TG_OP, TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV, NEW, OLD, TG_ARGV[1]);
    else
        perform pgq._log_row('sql', TG_OP, TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV, OLD, OLD, TG_ARGV[1]);
    end if;
    return null;
end; $$ language plpgsql;
