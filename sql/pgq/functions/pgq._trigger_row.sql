create or replace function pgq._trigger_row(i_format text, i_row text, i_table oid, i_ignored text[])
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_row(4)
--      SQL expression for a whole row, without the ignored columns, in a
--      generated trigger function.
-- Parameters:
--      i_format        - url: a=1&b; json: {"a":1,"b":null}; sql: (a,b) values ('1',null)
--      i_row           - i_new or i_old
-- ----------------------------------------------------------------------
declare
    v_parts     text;
    v_names     text;
begin
    select string_agg(
               case i_format
                   when 'url' then format('%L, ''='' operator(pg_catalog.||) %s',
                        case when c.pos > 1 then '&' else '' end || pgq._urlencode(c.name), c.value)
                   when 'json' then format('%L, coalesce(%s, ''null'')',
                        case when c.pos > 1 then ',' else '' end || to_json(c.name) || ':', c.value)
                   else format('%L, coalesce(%s, ''null'')', case when c.pos > 1 then ',' else '' end, c.value)
               end, E',\n            ' order by c.pos),
           string_agg(quote_ident(c.name), ',' order by c.pos)
      into v_parts, v_names
      from (select a.attname::text as name, row_number() over (order by a.attnum) as pos,
                   pgq._trigger_value(i_format, i_row, a.attname, a.atttypid) as value
              from pg_attribute a
             where a.attrelid = i_table and a.attnum > 0 and not a.attisdropped
               and a.attname::text <> all (i_ignored)) as c;
    return case i_format
        when 'url' then format('pg_catalog.concat(%s)', coalesce(v_parts, ''''''))
        when 'json' then format('pg_catalog.concat(''{'', %s, ''}'')', coalesce(v_parts, ''''''))
        else format('pg_catalog.concat(%L, %s, '')'')', '(' || coalesce(v_names, '') || ') values (', coalesce(v_parts, ''''''))
    end;
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
