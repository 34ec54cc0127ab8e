create or replace function pgq._log_row(
    i_format text, i_op text, i_when text, i_relid oid, i_schema text, i_table text, i_args text[],
    i_new anyelement, i_old anyelement, i_attkind text)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._log_row(10)
--      The common body of the row triggers: makes the event for one changed row
--      and hands it to pgq.insert_event with the rights of the current user.
--
--      The row's columns are read from the catalog for each row; the list from
--      the row before stands in the settings pgq.names_<oid> and pgq.types_<oid>
--      and is only believed after comparing it with pg_attribute, which costs
--      less than building it. So ALTER TABLE counts from the next row on, and
--      nothing that somebody plants in these settings is used: they hold no
--      SQL, and names and types that are not the table's are replaced.
--
--      Except for user expressions, nothing depends on search_path.
-- Parameters:
--      i_format        - url, sql or json
--      i_op, i_when, i_relid, i_schema, i_table, i_args - TG_OP, TG_WHEN, ...
--      i_new, i_old    - the row; for UPDATE its new and old version
--      i_attkind       - logtriga: kind of each column, else NULL
-- Returns:
--      true if the row operation is to be suppressed (SKIP).
-- ----------------------------------------------------------------------
declare
    _names_set  text := pg_catalog.current_setting('pgq.names_' operator(pg_catalog.||) i_relid, true);
    _types_set  text := pg_catalog.current_setting('pgq.types_' operator(pg_catalog.||) i_relid, true);
    -- '' after the rollback of the transaction that set it; nullif() would take "=" from search_path
    _names      text[] := case when _names_set operator(pg_catalog.<>) '' then _names_set end;
    _types      oid[] := case when _types_set operator(pg_catalog.<>) '' then _types_set end;
    _stale      boolean;
    _dropped    boolean := false;
    _indkey     int2[];
    _keys       text[];
    _ignored    text[];
    _skip       text[];     -- ignored and magic columns
    _magic      boolean;
    _ignore_list text;
    _pkey_list  text;
    _suppress   boolean := false;   -- SKIP
    _backup     boolean := false;
    _deny       boolean := false;
    _fields     text[];
    _expressions text[];
    _condition  text;
    _has_opt    boolean := i_attkind is null and pg_catalog.array_length(i_args, 1) operator(pg_catalog.>) 1;
    _key_text   text;
    _is_update  boolean := i_op operator(pg_catalog.=) 'UPDATE';
    _new        text[];
    _old        text[];
    _changed    text[];
    _event      text[];     -- type, data, extra1 .. extra4
    _value      text;
    _type       oid;
begin
    if _has_opt then
        select o.ignore_list, o.pkey_list, o.skip, o.backup, o.deny, o.fields, o.expressions, o.condition
          into _ignore_list, _pkey_list, _suppress, _backup, _deny, _fields, _expressions, _condition
          from pgq._trigger_options(i_op, i_args) as o;
    end if;

    -- the list of columns and the key; "(select x)" keeps the planner from planning for each value
    select (select pg_catalog.bool_and(a.attname operator(pg_catalog.=) _names[a.attnum]
                                   and a.atttypid operator(pg_catalog.=) _types[a.attnum])
                   and pg_catalog.count(*) operator(pg_catalog.=) pg_catalog.cardinality(_names)
              from pg_catalog.pg_attribute a
             where a.attrelid operator(pg_catalog.=) (select i_relid)
               and a.attnum operator(pg_catalog.>) 0) is not true,
           (select (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts operator(pg_catalog.-) 1]
              from pg_catalog.pg_index i
             where i.indrelid operator(pg_catalog.=) (select i_relid)
               and i.indisprimary)
      into _stale, _indkey;
    if _stale then
        select pg_catalog.array_agg(a.attname::pg_catalog.text order by a.attnum),
               pg_catalog.array_agg(a.atttypid order by a.attnum),
               pg_catalog.bool_or(a.attisdropped)
          into _names, _types, _dropped
          from pg_catalog.pg_attribute a
         where a.attrelid operator(pg_catalog.=) i_relid
           and a.attnum operator(pg_catalog.>) 0;
        if not _dropped then
            perform pg_catalog.set_config('pgq.names_' operator(pg_catalog.||) i_relid, _names::pg_catalog.text, false),
                    pg_catalog.set_config('pgq.types_' operator(pg_catalog.||) i_relid, _types::pg_catalog.text, false);
        end if;
    end if;

    -- key columns, and the list of them that the event shows
    if i_attkind is not null then
        _keys := pgq._attkind_columns(i_attkind, 'k', i_relid);
        _ignored := pgq._attkind_columns(i_attkind, 'i', i_relid);
    elsif _pkey_list is not null then
        _key_text := _pkey_list;
        _keys := pgq._list_columns(_key_text, _names);
    elsif _indkey is null then
        _key_text := '';
    elsif pg_catalog.cardinality(_indkey) operator(pg_catalog.=) 1 then
        _key_text := _names[_indkey[1]];
        _keys := array[_key_text];
    else
        select pg_catalog.array_agg(_names[k.attnum] order by k.pos)
          into _keys
          from pg_catalog.unnest(_indkey) with ordinality as k(attnum, pos);
        _key_text := pg_catalog.array_to_string(_keys, ',');
    end if;
    if _dropped then
        select pg_catalog.array_agg(c.name order by c.pos), pg_catalog.array_agg(c.type order by c.pos)
          into _names, _types
          from rows from (pg_catalog.unnest(_names), pg_catalog.unnest(_types)) with ordinality as c(name, type, pos)
         where c.type operator(pg_catalog.<>) 0::pg_catalog.oid;
    end if;

    -- options that forbid
    if i_op operator(pg_catalog.<>) 'INSERT' and _key_text operator(pg_catalog.=) '' then
        raise exception 'Update/Delete on table without pkey';
    end if;
    if _has_opt then
        if _suppress and i_when operator(pg_catalog.=) 'AFTER' then
            raise exception 'SKIP does not work in AFTER trigger.';
        end if;
        if _deny then
            raise exception 'Table ''%.%'' to queue ''%'': change not allowed (%)',
                i_schema, i_table, i_args[pg_catalog.array_lower(i_args, 1)], i_op;
        end if;
        if _ignore_list is not null then
            _ignored := pgq._list_columns(_ignore_list, _names);
        end if;
    end if;

    _skip := _ignored;
    _magic := pg_catalog.strpos(pg_catalog.array_to_string(_names, ','), '_pgq_ev_') operator(pg_catalog.>) 0;
    if _magic then
        select coalesce(_ignored, '{}') operator(pg_catalog.||) pg_catalog.array_agg(c.name)
          into _skip
          from pg_catalog.unnest(_names) as c(name)
         where pg_catalog.starts_with(c.name, '_pgq_ev_');
    end if;

    -- the texts, and whether there is something to log
    if pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.<>) 'read committed' then
        perform pgq._check_row_columns(i_new, _names, _types);
    end if;
    _new := pgq._row_texts(i_new, _names, _types, _dropped);
    if _is_update then
        _old := pgq._row_texts(i_old, _names, _types, _dropped);
        if i_format operator(pg_catalog.=) 'sql' or _ignore_list is not null then
            _changed := pgq._changed_columns(_names, _types, _new, _old, i_new, i_old);
            if _changed operator(pg_catalog.&&) _keys then
                raise exception 'primary key update not allowed';
            end if;
            if _changed operator(pg_catalog.<>) '{}' and _changed operator(pg_catalog.<@) _skip then
                return _suppress;
            end if;
        elsif _new operator(pg_catalog.<>) _old collate pg_catalog."C"
              or pg_catalog.current_setting('extra_float_digits')::pg_catalog.int4 operator(pg_catalog.<) 1
              or not pg_catalog.starts_with(pg_catalog.current_setting('DateStyle'), 'ISO')
        then
            _changed := pgq._changed_columns(_names, _types, _new, _old, i_new, i_old);
            if _changed operator(pg_catalog.&&) _keys then
                raise exception 'primary key update not allowed';
            end if;
        end if;
    end if;

    -- the event
    if i_format operator(pg_catalog.=) 'url' then
        _event := array[
            pg_catalog.concat(pg_catalog.left(i_op, 1), ':', _key_text),
            pgq._url_row(_names, _new, _skip),
            pg_catalog.concat(i_schema, '.', i_table), null, null, null];
    elsif i_format operator(pg_catalog.=) 'json' then
        _event := array[
            pgq._json_type(i_op, i_schema, i_table, case when _pkey_list is null then _keys
                when _pkey_list operator(pg_catalog.=) '' then array['']
                else pg_catalog.string_to_array(_pkey_list, ',') end),
            pgq._json_row(_names, _types, _new, _skip, i_new),
            pg_catalog.concat(i_schema, '.', i_table), null, null, null];
    else
        _event := array[
            pg_catalog.left(i_op, 1),
            pgq._sql_row(i_op, _names, _new, coalesce(_old, _new), _keys, _skip, _changed),
            pg_catalog.concat(i_schema, '.', i_table), null, null, null];
    end if;

    if _backup and _is_update then
        _event[4] := case when i_format operator(pg_catalog.=) 'json'
                          then pgq._json_row(_names, _types, _old, _skip, i_old)
                          else pgq._url_row(_names, _old, _skip) end;
    end if;
    if _magic then
        _event := pgq._magic_fields(_event, _names, _new);
    end if;
    if _has_opt then
        for _n in 1 .. pg_catalog.cardinality(_fields) loop
            select e.value into _value from pgq._row_expression(_expressions[_n], _names, i_new) as e;
            _event[pg_catalog.array_position('{ev_type,ev_data,ev_extra1,ev_extra2,ev_extra3,ev_extra4}', _fields[_n])] := _value;
        end loop;
        if _condition is not null then
            select e.value, e.type into _value, _type from pgq._row_expression(_condition, _names, i_new) as e;
            if _type operator(pg_catalog.<>) 16::pg_catalog.oid then
                raise exception 'when= query result must be boolean, got=%', _type;
            elsif _value is null then
                raise exception 'when= should not be NULL';
            elsif _value operator(pg_catalog.=) 'f' then
                return _suppress;
            end if;
        end if;
    end if;

    perform pgq.insert_event(i_args[pg_catalog.array_lower(i_args, 1)],
                _event[1], _event[2], _event[3], _event[4], _event[5], _event[6]);
    return _suppress;
end; $$ language plpgsql;
