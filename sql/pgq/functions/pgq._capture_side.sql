create or replace function pgq._capture_side(
    i_table oid,
    i_options jsonb,
    i_op text,
    i_row text,
    i_part integer,
    i_where text,
    i_dynamic boolean)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_side(7)
--      A SELECT that makes the event of one row, over the row aliases n (new
--      row) and o (old row) of the query around it.
-- Parameters:
--      i_op        - INSERT, UPDATE, DELETE: what the event says
--      i_row       - n or o: the row that goes into it
--      i_part      - place among the events of one row
--      i_where     - condition, NULL for none
--      i_dynamic   - the names come from the variables _pgq_table (as in
--                    ev_extra1) and _pgq_json (as in ev_type) of the block
--                    _pgq_trigger around it, because they differ between
--                    partitions
-- Returns:
--      SELECT of part, ev_type, ev_data, ev_extra1 ... ev_extra4
-- ----------------------------------------------------------------------
declare
    v_named     oid := i_table;
    v_fields    jsonb;
    v_magic     jsonb;
    v_new_cols  text;
    v_old_cols  text;
    v_from      text;
    -- with the star it is the row, whatever names the columns have
    v_row       text := 'pg_catalog.row_to_json(%s.*)::pg_catalog.text';
    v_backup    boolean := i_op = 'UPDATE' and coalesce((i_options->>'backup')::boolean, false);
    v_all_cols  text;
    v_name      text;
    v_expr      text;
    v_exprs     text := '';
begin
    if coalesce((i_options->>'via_root')::boolean, false) then
        v_named := coalesce(pg_partition_root(i_table), i_table);
    end if;
    select string_agg(case i_row when 'n' then new_json else old_json end || ' as ' || quote_ident(col_name), ', ')
               filter (where not is_ignored and not is_magic and i_op <> 'TRUNCATE'),
           string_agg(old_json || ' as ' || quote_ident(col_name), ', ')
               filter (where not is_ignored and not is_magic and i_op <> 'TRUNCATE'),
           jsonb_object_agg(substr(col_name, 6), case i_row when 'n' then new_text else old_text end)
               filter (where is_magic and i_op <> 'TRUNCATE'),
           string_agg(format('%s.%I', i_row, col_name), ', ')
      into v_new_cols, v_old_cols, v_magic, v_all_cols
      from pgq._capture_columns(i_table, i_options);

    select jsonb_build_object(
            'ev_type', case when not i_dynamic
                then quote_literal(format('{"op":"%s","table":[%s,%s],"pkey":%s}', i_op, to_json(n.nspname::text),
                                          to_json(c.relname::text), k.list)) || '::pg_catalog.text'
                else format('pg_catalog.concat(%L, _pgq_trigger._pgq_json, %L)', format('{"op":"%s","table":', i_op),
                            format(',"pkey":%s}', k.list))
                end,
            'ev_extra1', case when i_dynamic then '_pgq_trigger._pgq_table'
                else quote_literal(n.nspname || '.' || c.relname) || '::pg_catalog.text' end,
            'ev_data', case when v_new_cols is null then quote_literal('{}') || '::pg_catalog.text' else format(v_row, '_pgq_d') end,
            'ev_extra2', case when not v_backup then 'null::pg_catalog.text'
                when v_old_cols is null then quote_literal('{}') || '::pg_catalog.text' else format(v_row, '_pgq_b') end,
            'ev_extra3', 'null::pg_catalog.text',
            'ev_extra4', 'null::pg_catalog.text')
           || coalesce(v_magic, '{}')
      into v_fields
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     cross join (select coalesce('[' || string_agg(to_json(name)::text, ',') || ']', '[]') as list
                   from unnest(pgq._capture_key(i_table, i_options)) as name) k
     where c.oid = v_named;

    -- expressions see the row's columns as if they were selected from the table
    for v_name, v_expr in
        select key, value from jsonb_each_text(i_options)
         where key in ('ev_type', 'ev_data', 'ev_extra1', 'ev_extra2', 'ev_extra3', 'ev_extra4', 'when')
           and i_op <> 'TRUNCATE'
    loop
        if v_name <> 'when' and pgq._capture_is_constant(v_expr) then
            v_fields := v_fields || jsonb_build_object(v_name, v_expr || '::pg_catalog.text');
            continue;
        end if;
        v_exprs := v_exprs || format(' cross join lateral (select (%s%s) as x from (select %s) %I) %I',
                        v_expr, E'\n', v_all_cols, (select relname from pg_class where oid = v_named), '_pgq_x_' || v_name);
        if v_name = 'when' then
            i_where := concat_ws(' and ', i_where, 'pgq._capture_when(_pgq_x_when.x)');
        else
            v_fields := v_fields || jsonb_build_object(v_name,
                format('case when pg_catalog.num_nulls(_pgq_x_%s.x) operator(pg_catalog.=) 0 then %s end', v_name,
                       format('pg_catalog.format(''%%s'', _pgq_x_%s.x)', v_name)));
        end if;
    end loop;

    v_from := concat_ws(' cross join ',
        case when v_new_cols is not null then '(select ' || v_new_cols || ') _pgq_d' end,
        case when v_backup and v_old_cols is not null then '(select ' || v_old_cols || ') _pgq_b' end);
    if v_from = '' then
        v_from := '(select) _pgq_d';
    end if;

    return format('select %s as part, ', i_part)
        || (select string_agg((v_fields->>f) || ' as ' || f, ', ')
              from unnest(array['ev_type', 'ev_data', 'ev_extra1', 'ev_extra2', 'ev_extra3', 'ev_extra4']) f)
        || ' from ' || v_from || v_exprs
        || coalesce(' where ' || i_where, '');
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
