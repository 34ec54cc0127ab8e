create or replace function pgq._log_truncate(
    i_format text, i_when text, i_relid oid, i_schema text, i_table text, i_args text[])
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._log_truncate(6)
--      Makes the event for a TRUNCATE. Of expressions only ev_extra1 with a
--      literal is taken: the name of the table elsewhere.
-- Parameters:
--      i_format        - url, sql or json
--      i_when, i_relid, i_schema, i_table, i_args - TG_WHEN, ...
-- Returns:
--      nothing
-- ----------------------------------------------------------------------
declare
    _opt    record := pgq._trigger_options('TRUNCATE', i_args);
    _type   text := 'R';
    _data   text := '';
    _keys   text[];
begin
    if _opt.skip and i_when operator(pg_catalog.=) 'AFTER' then
        raise exception 'SKIP does not work in AFTER trigger.';
    end if;
    if _opt.deny then
        raise exception 'Table ''%.%'' to queue ''%'': change not allowed (TRUNCATE)',
            i_schema, i_table, i_args[pg_catalog.array_lower(i_args, 1)];
    end if;

    if i_format operator(pg_catalog.=) 'json' then
        select pg_catalog.array_agg(a.attname::pg_catalog.text order by k.pos)
          into _keys
          from pg_catalog.pg_index i
         cross join pg_catalog.unnest((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts operator(pg_catalog.-) 1])
                    with ordinality as k(attnum, pos)
          join pg_catalog.pg_attribute a
            on a.attrelid operator(pg_catalog.=) i.indrelid
           and a.attnum operator(pg_catalog.=) k.attnum
         where i.indrelid operator(pg_catalog.=) i_relid
           and i.indisprimary;
        _type := pgq._json_type('TRUNCATE', i_schema, i_table, _keys);
        _data := '{}';
    end if;
    perform pgq.insert_event(i_args[pg_catalog.array_lower(i_args, 1)],
                _type, _data,
                case when _opt.expressions[1] is null then pg_catalog.concat(i_schema, '.', i_table)
                     else pg_catalog.replace(pg_catalog.substring(_opt.expressions[1], 2, pg_catalog.length(_opt.expressions[1]) operator(pg_catalog.-) 2),
                                             '''''', '''') end,
                null, null, null);
end; $$ language plpgsql;
