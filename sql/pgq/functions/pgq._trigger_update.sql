create or replace function pgq._trigger_update(
    i_format text, i_table oid, i_keys text[], i_ignored text[], i_has_ignore boolean, i_where text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_update(6)
--      Statements of a generated trigger function for UPDATE: refuse a changed
--      key, leave when only ignored columns changed, else fill v_data.
-- Parameters:
--      i_keys, i_ignored   - columns
--      i_has_ignore        - ignore= was given; sqltriga always looks at all columns
--      i_where             - sql: statements of pgq._trigger_where
-- ----------------------------------------------------------------------
declare
    v_key_changed   text;
    v_others        text;
    v_ignored       text;
    v_set           text;
    v_first         text;
    v_sql           text := '';
begin
    select string_agg(c.changed, ' or ' order by c.attnum) filter (where c.is_key),
           string_agg(c.changed, ' or ' order by c.attnum) filter (where not c.is_key and not c.is_ignored),
           string_agg(c.changed, ' or ' order by c.attnum) filter (where not c.is_key and c.is_ignored),
           string_agg(format(E'case when %s then pg_catalog.concat(%L, coalesce(%s, ''NULL'')) end',
                             c.changed, ',' || quote_ident(c.attname) || '=', pgq._trigger_value('sql', 'i_new', c.attname, c.atttypid)),
                      E',\n            ' order by c.attnum) filter (where not c.is_key and not c.is_ignored),
           (array_agg(format('%L, %s', quote_ident(c.attname) || '=', pgq._trigger_value('sql', 'i_old', c.attname, c.atttypid))
                      order by c.attnum) filter (where c.is_key))[1]
      into v_key_changed, v_others, v_ignored, v_set, v_first
      from (select a.attnum, a.attname::text, a.atttypid,
                   a.attname::text = any (i_keys) as is_key, a.attname::text = any (i_ignored) as is_ignored,
                   pgq._trigger_changed(a.attname, a.atttypid, a.attcollation) as changed
              from pg_attribute a
             where a.attrelid = i_table and a.attnum > 0 and not a.attisdropped) as c;

    if v_key_changed is not null then
        v_sql := format(E'        if (%s) then\n            raise exception ''primary key update not allowed'';\n        end if;\n', v_key_changed);
    end if;
    if v_ignored is not null and (i_has_ignore or i_format = 'sql') then
        v_sql := v_sql || format(E'        if (%s) and not (%s) then\n            return true;\n        end if;\n',
                                 v_ignored, coalesce(v_others, 'false'));
    end if;
    if i_format <> 'sql' then
        return v_sql || format(E'        v_data := %s;\n', pgq._trigger_row(i_format, 'i_new', i_table, i_ignored));
    end if;
    return v_sql || coalesce(i_where, '') || format(
        E'        v_set := pg_catalog.substr(pg_catalog.concat(%s), 2);\n'
        '        v_data := pg_catalog.concat(case when v_set operator(pg_catalog.=) '''' then pg_catalog.concat(%s) else v_set end, '' where '', v_data);',
        coalesce(v_set, ''''''), coalesce(v_first, '''''')) || E'\n';
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
