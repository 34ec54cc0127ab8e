create or replace function pgq._capture_body(
    i_capture_id integer,
    i_letter text,
    i_signature text,
    i_as_user boolean)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_body(4)
--      Body of a generated trigger function. All of it is static SQL, and
--      usually one statement is run. It runs under any search_path, so every
--      name and operator in it is qualified.
--
--      One expression decides what to do: a number is that of the event table,
--      -1 leaves it to pgq.insert_event, -2 means that the function does not
--      fit the table, -3 that there is nothing to do. It is one because each
--      expression is prepared anew in each transaction.
--
--      The number of the event table comes from the sequence that rotation
--      moves, not from pgq.queue: that is cheaper, and right in every
--      isolation level, because the changed rows have given the transaction
--      its id before.
-- Parameters:
--      i_letter    - i, u, d: statement triggers with transition tables;
--                    t: TRUNCATE; r: row trigger for all three operations
-- ----------------------------------------------------------------------
declare
    v_capture   pgq.capture;
    v_queue     pgq.queue;
    v_table     oid;
    v_options   jsonb;
    v_op        text := case i_letter when 'i' then 'INSERT' when 'u' then 'UPDATE' when 'd' then 'DELETE' when 't' then 'TRUNCATE' end;
    v_fits      text;
    v_dynamic   boolean := false;
    v_other     text;
    v_to        text;
    v_log       text;
begin
    select * into strict v_capture from pgq.capture where capture_id = i_capture_id;
    select * into strict v_queue from pgq.queue where queue_id = v_capture.capture_queue;
    v_table := v_capture.capture_table;
    v_options := v_capture.capture_options;

    -- the oid as a constant makes the plan depend on the table; it must not vanish when the rest is folded
    v_fits := format('case when %s::pg_catalog.oid operator(pg_catalog.=) TG_RELID '
                     'then pgq._capture_is_current(%1$s, %2$L) else false end', v_table, i_signature);
    v_other := format(
$f$    elsif _pgq_to operator(pg_catalog.=) -2 then
        _pgq_sql := pgq._capture_slow_sql(%s, TG_RELID, TG_OP);
        if _pgq_sql is not null then
            execute _pgq_sql%s;
        end if;
        return null;
    else
        return null;
$f$,    i_capture_id, case i_letter when 'r' then ' using new, old' else '' end);
    if i_letter = 'r' then
        v_fits := format('case when pg_catalog.num_nulls(%s::pg_catalog.oid, TG_RELID) operator(pg_catalog.=) 0 '
                         'then TG_RELID operator(pg_catalog.=) any (pgq._capture_tables(%1$s, %2$L)) else false end',
                         v_table, i_signature);
        v_dynamic := (select relkind = 'p' from pg_class where oid = v_table)
                     and not coalesce((v_options->>'via_root')::boolean, false);
        v_log := '';
        foreach v_op in array array['INSERT', 'UPDATE', 'DELETE'] loop
            v_log := v_log || format(E'    %s TG_OP operator(pg_catalog.=) %L then\n%s',
                case v_op when 'INSERT' then 'if' else 'elsif' end, v_op,
                pgq._capture_log(v_queue.queue_id, i_as_user,
                    pgq._capture_select(v_table, v_options, v_op, pgq._capture_row(v_table, 'new'),
                                        pgq._capture_row(v_table, 'old'), 'pair', v_dynamic), v_other));
        end loop;
        v_log := v_log || E'    end if;\n';
    elsif i_letter = 'u' then
        -- one row, the common case: no pairing needed; many: only if a key changed or the old rows are needed
        v_log := pgq._capture_log(v_queue.queue_id, i_as_user,
                    pgq._capture_select(v_table, v_options, v_op, 'new_table', 'old_table', 'one'), v_other)
            || E'    if found then\n        return null;\n    end if;\n'
            || E'    if not exists (select from new_table) then\n        return null;\n    end if;\n';
        if not v_options ? 'ignore' and not coalesce((v_options->>'backup')::boolean, false) then
            v_log := v_log || format(E'    if (%s) then\n%s        return null;\n    end if;\n',
                pgq._capture_same_keys(v_table, v_options),
                pgq._capture_log(v_queue.queue_id, i_as_user,
                    pgq._capture_select(v_table, v_options, v_op, 'new_table', 'old_table', 'new'), ''));
        end if;
        v_log := v_log || pgq._capture_log(v_queue.queue_id, i_as_user,
                    pgq._capture_select(v_table, v_options, v_op, 'new_table', 'old_table', 'many'), '');
    else
        v_log := pgq._capture_log(v_queue.queue_id, i_as_user,
                    pgq._capture_select(v_table, v_options, v_op, 'new_table', 'old_table', 'many'), v_other);
    end if;

    v_to := '-1';
    if not i_as_user then
        v_to := format('coalesce(pg_catalog.pg_sequence_last_value(%L::pg_catalog.regclass), 0)',
                       format('pgq.queue_%s_switch_seq', v_queue.queue_id));
        if i_letter in ('r', 't') then
            -- a TRUNCATE, or a row of a foreign table, may come before the transaction has got an id
            v_to := format('case when pg_catalog.num_nulls(pg_catalog.txid_current()) operator(pg_catalog.=) 0 then %s end', v_to);
        end if;
        v_to := format('case when pgq._capture_is_plain(%s) then %s else -1 end', v_queue.queue_id, v_to);
    end if;
    return format(
$f$-- generated by pgq.create_capture
#variable_conflict use_column
<<_pgq_trigger>>
declare
    _pgq_to pg_catalog.int8;
    _pgq_table pg_catalog.text;
    _pgq_json pg_catalog.text;
    _pgq_sql pg_catalog.text;
begin
    _pgq_to := case when pgq._capture_is_local() then -3 when not (%s) then -2 else %s end;
%s%s    return null;
end;$f$,
        v_fits, v_to,
        case when v_dynamic then
            E'    _pgq_table := pg_catalog.concat(TG_TABLE_SCHEMA, ''.'', TG_TABLE_NAME);\n'
            || E'    _pgq_json := pg_catalog.concat(''['', pg_catalog.to_json(TG_TABLE_SCHEMA::pg_catalog.text), '','', '
            || E'pg_catalog.to_json(TG_TABLE_NAME::pg_catalog.text), '']'');\n'
        else '' end,
        v_log);
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
