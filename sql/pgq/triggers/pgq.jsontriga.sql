create or replace function pgq.jsontriga()
returns trigger as $$
-- ----------------------------------------------------------------------
-- Function: pgq.jsontriga(0)
--      Row and truncate trigger: puts each change into a queue, the row as JSON:
--      ev_data '{"id":1,"name":"x y"}'.
--
--      Arguments: queue name, then in any order SKIP, ignore=a,b, pkey=a,b,
--      backup, deny, ev_type=EXPR, ev_data=EXPR, ev_extra1=EXPR ..
--      ev_extra4=EXPR, when=EXPR.
-- Returns:
--      the row, or NULL with SKIP.
-- ----------------------------------------------------------------------
declare
    _skip   boolean := false;
    _call   text;
    _done   boolean;
begin
    if pg_catalog.current_setting('session_replication_role') operator(pg_catalog.<>) 'local'
       and (coalesce(pg_catalog.current_setting('pgq.replication_role', true), '') operator(pg_catalog.=) ''
            or pgq._replay_role() is null)
    then
        if (TG_OP operator(pg_catalog.=) 'TRUNCATE') operator(pg_catalog.<>) (TG_LEVEL operator(pg_catalog.=) 'STATEMENT') then
            raise exception 'pgq Ins/Upd/Del trigger must be fired FOR EACH ROW';
        elsif TG_NARGS operator(pg_catalog.=) 0 then
            raise exception 'pgq trigger must have destination queue as argument';
        end if;

        -- the function that pgq.maint_triggers generated for this trigger, if there is one and it still fits
        if TG_WHEN operator(pg_catalog.=) 'AFTER' and TG_LEVEL operator(pg_catalog.=) 'ROW'
           and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed'
        then
            select c.ct_call into _call
              from pgq.compiled_trigger c
             where c.ct_table operator(pg_catalog.=) TG_RELID
               and c.ct_name operator(pg_catalog.=) TG_NAME
               and c.ct_format operator(pg_catalog.=) 'json'
               and c.ct_args operator(pg_catalog.=) TG_ARGV::pg_catalog.text;
            if _call is null then
                null;
            elsif TG_OP operator(pg_catalog.=) 'INSERT' then
                execute _call into _done using TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP, NEW, NEW;
            elsif TG_OP operator(pg_catalog.=) 'UPDATE' then
                execute _call into _done using TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP, NEW, OLD;
            else
                execute _call into _done using TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP, OLD, OLD;
            end if;
            if _done then
                return null;
            end if;
        end if;

        if TG_OP operator(pg_catalog.=) 'INSERT' then
            _skip := pgq._log_row('json', TG_OP, TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV, NEW, NEW, null);
        elsif TG_OP operator(pg_catalog.=) 'UPDATE' then
            _skip := pgq._log_row('json', TG_OP, TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV, NEW, OLD, null);
        elsif TG_OP operator(pg_catalog.=) 'DELETE' then
            _skip := pgq._log_row('json', TG_OP, TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV, OLD, OLD, null);
        else
            perform pgq._log_truncate('json', TG_WHEN, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV);
        end if;
    end if;

    if TG_LEVEL operator(pg_catalog.=) 'STATEMENT' or _skip or TG_WHEN operator(pg_catalog.=) 'AFTER' then
        return null;
    elsif TG_OP operator(pg_catalog.=) 'DELETE' then
        return OLD;
    end if;
    return NEW;
end; $$ language plpgsql;
