create or replace function pgq._trigger_value(i_format text, i_row text, i_column text, i_type oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_value(4)
--      SQL expression for one value in a generated trigger function; null for
--      NULL. The text of a value is that of its type's output function, which
--      concat() calls; a cast to text may give another.
-- Parameters:
--      i_format        - url, sql, json: encoded for that format
--      i_row           - i_new or i_old
-- ----------------------------------------------------------------------
declare
    v_field     constant text := pgq._trigger_field(i_row, i_column);
    v_text      constant text := case when i_type in (25, 1043) then v_field else format('pg_catalog.concat(%s)', v_field) end;
    v_value     text;
begin
    if i_format = 'sql' then
        v_value := format('pg_catalog.quote_literal(%s)', v_text);
    elsif i_format = 'json' and i_type = 16 then
        v_value := format('case when %s then ''true'' else ''false'' end', v_field);
    elsif i_format = 'json' and i_type in (1082, 1114, 1184) then
        v_value := format('pg_catalog.to_json(%s)::pg_catalog.text', v_field);
    elsif i_format = 'json' and i_type not in (20, 21, 23) then
        v_value := format('pg_catalog.to_json(%s::pg_catalog.text)::pg_catalog.text', v_text);
    elsif i_format = 'url' and i_type in (1082, 1083, 1114, 1184, 1266) then
        v_value := format($f$case when %1$s operator(pg_catalog.~) '^[-+:. 0-9BC]*$' collate pg_catalog."C"
                then pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(%1$s, '+', '%%2b'), ' ', '+'), ':', '%%3a')
                else pgq._urlencode(%1$s) end$f$, v_text);
    elsif i_format = 'url' and i_type not in (16, 20, 21, 23, 26, 1700, 2950) then
        v_value := format($f$case when %1$s operator(pg_catalog.~) '[^-_.a-zA-Z0-9]' collate pg_catalog."C"
                then pgq._urlencode(%1$s) else %1$s::pg_catalog.text end$f$, v_text);
    else
        v_value := v_text;
    end if;
    return format('case when %s is not null then %s end', v_field, v_value);
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
