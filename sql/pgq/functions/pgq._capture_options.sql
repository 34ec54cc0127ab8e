create or replace function pgq._capture_options(i_table regclass, i_options jsonb)
returns jsonb as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_options(2)
--      Checks the options of pgq.create_capture against the table.
-- Returns:
--      The options without those that are NULL.
-- ----------------------------------------------------------------------
declare
    v_types     constant jsonb := '{"pkey": "array", "ignore": "array", "ops": "array", "backup": "boolean",
        "via_root": "boolean", "when": "string", "form": "string", "enable": "string", "ev_type": "string",
        "ev_data": "string", "ev_extra1": "string", "ev_extra2": "string", "ev_extra3": "string", "ev_extra4": "string"}';
    v_options   jsonb;
    v_key       text;
    v_value     jsonb;
    v_name      text;
    v_kind      "char" := (select relkind from pg_class where oid = i_table);
begin
    if i_table is null or v_kind is null then
        raise exception 'create_capture: no such table: %', coalesce(i_table::text, 'NULL');
    elsif v_kind = 'v' then
        raise exception 'create_capture: % is a view', i_table
            using hint = 'Capture the tables below it, or create an INSTEAD OF trigger with pgq.jsontriga.';
    elsif v_kind not in ('r', 'p', 'f') then
        raise exception 'create_capture: % is not a table', i_table;
    elsif exists (select from pg_class where oid = i_table and relnamespace in ('pg_catalog'::regnamespace, 'pgq'::regnamespace)) then
        raise exception 'create_capture: % is a system table', i_table;
    elsif exists (select from pg_class where oid = i_table and relpersistence = 't') then
        raise exception 'create_capture: % is a temporary table', i_table;
    end if;
    if jsonb_typeof(coalesce(i_options, '{}')) <> 'object' then
        raise exception 'create_capture: options must be a JSON object';
    end if;

    v_options := jsonb_strip_nulls(coalesce(i_options, '{}'));
    for v_key, v_value in select key, value from jsonb_each(v_options) loop
        if not v_types ? v_key then
            raise exception 'create_capture: unknown option: %', v_key
                using hint = 'Known are ' || (select string_agg(key, ', ' order by key) from jsonb_object_keys(v_types) key) || '.';
        elsif jsonb_typeof(v_value) <> v_types->>v_key then
            raise exception 'create_capture: option % must be of type %', v_key, v_types->>v_key;
        elsif v_types->>v_key = 'array' then
            for v_name in select case when jsonb_typeof(e) = 'string' then e #>> '{}' end from jsonb_array_elements(v_value) e loop
                if v_name is null then
                    raise exception 'create_capture: option % must hold strings', v_key;
                elsif v_key = 'ops' and v_name not in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') then
                    raise exception 'create_capture: unknown operation in option ops: %', v_name
                        using hint = 'Known are INSERT, UPDATE, DELETE, TRUNCATE.';
                elsif v_key <> 'ops' and not exists (
                        select from pg_attribute
                         where attrelid = i_table and attnum > 0 and not attisdropped and attname = v_name) then
                    raise exception 'create_capture: option %: table % has no column %', v_key, i_table, v_name;
                end if;
            end loop;
        end if;
    end loop;

    if v_options->>'form' not in ('auto', 'statement', 'row') then
        raise exception 'create_capture: unknown form: %', v_options->>'form'
            using hint = 'Known are auto, statement, row.';
    elsif v_options->>'enable' not in ('origin', 'replica', 'always') then
        raise exception 'create_capture: unknown value of option enable: %', v_options->>'enable'
            using hint = 'Known are origin, replica, always.';
    elsif v_options->'ops' = '[]' then
        raise exception 'create_capture: option ops is empty'
            using hint = 'To end the capture, call pgq.drop_capture.';
    elsif v_options->'pkey' = '[]' then
        v_options := v_options - 'pkey';
    end if;

    select min(col_name) into v_name
      from pgq._capture_columns(i_table, '{}')
     where is_magic
       and col_name not in ('_pgq_ev_type', '_pgq_ev_data', '_pgq_ev_extra1', '_pgq_ev_extra2', '_pgq_ev_extra3', '_pgq_ev_extra4');
    if v_name is not null then
        raise exception 'Unknown magic column: %', v_name;
    end if;
    if pgq._capture_key(i_table, v_options) = '{}'
       and (not v_options ? 'ops' or v_options->'ops' ?| array['UPDATE', 'DELETE']) then
        raise exception 'create_capture: table % has no primary key', i_table
            using hint = 'Name key columns with option pkey, or limit option ops to INSERT and TRUNCATE.';
    end if;
    return v_options;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
