create or replace function pgq._trigger_where(i_table oid, i_keys text[])
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_where(2)
--      Statements of a generated trigger function that put the condition of a
--      sqltriga event, k1='1' and k2='x', from the old row into v_data.
-- ----------------------------------------------------------------------
    select format($f$        if %s then
            raise exception 'logtriga: Unexpected NULL key value'
                using hint = 'The key columns must hold values, and pkey= must name columns of the table.';
        end if;
        v_data := pg_catalog.concat(%s);
$f$,
        string_agg(pgq._trigger_field('i_old', a.attname) || ' is null', ' or ' order by a.attnum),
        string_agg(format('%L, %s', quote_ident(a.attname) || '=', pgq._trigger_value('sql', 'i_old', a.attname, a.atttypid)),
                   ', '' and '', ' order by a.attnum))
      from pg_attribute a
     where a.attrelid = i_table and a.attnum > 0 and not a.attisdropped and a.attname::text = any (i_keys);
$$ language sql stable set search_path = pg_catalog, pg_temp;
