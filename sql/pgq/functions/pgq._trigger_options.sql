create or replace function pgq._trigger_options(
    i_op text, i_args text[],
    out ignore_list text, out pkey_list text, out skip boolean, out backup boolean, out deny boolean,
    out fields text[], out expressions text[], out condition text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_options(2)
--      Reads the arguments behind the queue name. Of repeated lists the last
--      one counts, of repeated expressions the first.
-- Parameters:
--      i_op            - TG_OP
--      i_args          - TG_ARGV
-- Returns:
--      ignore_list, pkey_list - text of the option, NULL if not given
--      skip, backup, deny     - given or not
--      fields, expressions    - event fields given by expressions
--      condition              - expression of when=
-- ----------------------------------------------------------------------
declare
    _arg    text;
    _name   text;
    _value  text;
begin
    skip := false;
    backup := false;
    deny := false;
    fields := '{}';
    expressions := '{}';
    foreach _arg in array i_args[pg_catalog.array_lower(i_args, 1) operator(pg_catalog.+) 1 :] loop
        _name := pg_catalog.split_part(_arg, '=', 1);
        _value := pg_catalog.substr(_arg, pg_catalog.length(_name) operator(pg_catalog.+) 2);
        if _arg operator(pg_catalog.=) 'SKIP' then
            skip := true;
        elsif _arg operator(pg_catalog.=) 'backup' then
            backup := true;
        elsif _arg operator(pg_catalog.=) 'deny' then
            deny := true;
        elsif pg_catalog.strpos(_arg, '=') operator(pg_catalog.=) 0 then
            raise exception 'bad param to pgq trigger';
        elsif _name operator(pg_catalog.=) 'ignore' then
            ignore_list := _value;
        elsif _name operator(pg_catalog.=) 'pkey' then
            pkey_list := _value;
        elsif _name operator(pg_catalog.=) any (
                '{when,ev_type,ev_data,ev_extra1,ev_extra2,ev_extra3,ev_extra4}'::pg_catalog.text[]) then
            -- the one that makes sense: the name under which others know the table
            if i_op operator(pg_catalog.=) 'TRUNCATE'
               and not (_name operator(pg_catalog.=) 'ev_extra1' and _value operator(pg_catalog.~) '^''([^'']|'''')*''$')
            then
                raise exception 'Custom expressions do not make sense for truncater trigger';
            elsif _name operator(pg_catalog.=) 'when' then
                condition := coalesce(condition, _value);
            elsif (_name operator(pg_catalog.=) any (fields)) is not true then
                fields := fields operator(pg_catalog.||) _name;
                expressions := expressions operator(pg_catalog.||) _value;
            end if;
        else
            raise exception 'bad param to pgq trigger';
        end if;
    end loop;

    if i_op operator(pg_catalog.=) 'TRUNCATE' then
        if ignore_list is not null then
            raise exception 'Column ignore does not make sense for truncate trigger';
        elsif pkey_list is not null then
            raise exception 'Custom pkey_list does not make sense for truncate trigger';
        elsif backup then
            raise exception 'Backup does not make sense for truncate trigger';
        end if;
    end if;
end; $$ language plpgsql stable;
