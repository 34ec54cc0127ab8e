create or replace function pgq.insert_events(
    i_queue_name text, i_types text[], i_datas text[],
    i_extra1s text[] default null, i_extra2s text[] default null,
    i_extra3s text[] default null, i_extra4s text[] default null)
returns bigint[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_events(3 .. 7)
--      Insert many events in one call.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_types         - event types
--      i_datas         - payloads, as many
--      i_extra1s .. 4s - more fields, as many, or null
--      A null element is a null field.
-- Returns:
--      ids of the events in the order of the arrays
-- Calls:
--      pgq._insert_target
-- ----------------------------------------------------------------------
declare
    v_count integer := cardinality(i_types);
    v_table text;
    v_seq   text;
    v_ids   bigint[];
    a       record;

    -- columns that nobody gives are left out, that saves a tenth
    v_columns constant text :=
        case when i_extra1s is null then '' else ', ev_extra1' end
        || case when i_extra2s is null then '' else ', ev_extra2' end
        || case when i_extra3s is null then '' else ', ev_extra3' end
        || case when i_extra4s is null then '' else ', ev_extra4' end;
    v_arrays constant text :=
        case when i_extra1s is null then '' else ', $4' end
        || case when i_extra2s is null then '' else ', $5' end
        || case when i_extra3s is null then '' else ', $6' end
        || case when i_extra4s is null then '' else ', $7' end;
begin
    if i_types is null or i_datas is null then
        raise exception 'insert_events: i_types and i_datas must not be NULL';
    end if;
    for a in
        select *
            from (values
                ('i_types', i_types), ('i_datas', i_datas), ('i_extra1s', i_extra1s), ('i_extra2s', i_extra2s),
                ('i_extra3s', i_extra3s), ('i_extra4s', i_extra4s)
            ) v (name, elements)
    loop
        if array_ndims(a.elements) > 1 then
            raise exception 'insert_events: % must have one dimension, not %', a.name, array_ndims(a.elements);
        end if;
        if cardinality(a.elements) <> v_count then
            raise exception 'insert_events: % has % elements, i_types has %', a.name, cardinality(a.elements), v_count;
        end if;
    end loop;

    select t.table_name, t.sequence_name into v_table, v_seq
        from pgq._insert_target(i_queue_name, v_count) t;
    if v_count = 0 then
        return '{}';
    end if;

    -- ids before rows: cheaper than RETURNING, and their order is that of the input
    execute format('select array_agg(nextval(%L)) from generate_series(1, $1)', v_seq)
        into v_ids
        using v_count;
    execute format(
        'insert into %s (ev_time, ev_id, ev_type, ev_data%s) select now(), u.* from unnest($1, $2, $3%s) u',
        v_table, v_columns, v_arrays)
        using v_ids, i_types, i_datas, i_extra1s, i_extra2s, i_extra3s, i_extra4s;
    return v_ids;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;


create or replace function pgq.insert_events(i_queue_name text, i_events json)
returns bigint[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq.insert_events(2)
--      Insert many events in one call.
-- Parameters:
--      i_queue_name    - queue, must exist
--      i_events        - array of objects with the keys type, data, extra1, extra2, extra3, extra4, each of them
--                        optional. data that is not a string is stored as its JSON text; null is a null field.
-- Returns:
--      ids of the events in the order of the array
-- Calls:
--      pgq.insert_events
-- ----------------------------------------------------------------------
declare
    c_keys  constant text[] := '{type,data,extra1,extra2,extra3,extra4}';
    v_bad   record;
    v       record;
begin
    if i_events is null or json_typeof(i_events) <> 'array' then
        raise exception 'insert_events: i_events must be an array of objects, not %',
            coalesce(json_typeof(i_events), 'NULL');
    end if;
    select position, element into v_bad
        from json_array_elements(i_events) with ordinality e (element, position)
        where case json_typeof(element) when 'object' then element::jsonb - c_keys <> '{}' else true end
        limit 1;
    if found and json_typeof(v_bad.element) <> 'object' then
        raise exception 'insert_events: element % of i_events is not an object but %',
            v_bad.position, json_typeof(v_bad.element);
    elsif found then
        raise exception 'insert_events: element % of i_events has an unknown key "%"',
                v_bad.position, (select k from jsonb_object_keys(v_bad.element::jsonb - c_keys) k limit 1)
            using hint = 'known keys are type, data, extra1, extra2, extra3 and extra4';
    end if;

    select coalesce(array_agg(r.type), '{}') as types,
           coalesce(array_agg(
               case when json_typeof(r.data) = 'string' then r.data #>> '{}' else r.data::text end), '{}') as datas,
           case when count(r.extra1) > 0 then array_agg(r.extra1) end as extra1s,
           case when count(r.extra2) > 0 then array_agg(r.extra2) end as extra2s,
           case when count(r.extra3) > 0 then array_agg(r.extra3) end as extra3s,
           case when count(r.extra4) > 0 then array_agg(r.extra4) end as extra4s
        into v
        from json_to_recordset(i_events)
            r (type text, data json, extra1 text, extra2 text, extra3 text, extra4 text);
    return pgq.insert_events(i_queue_name, v.types, v.datas, v.extra1s, v.extra2s, v.extra3s, v.extra4s);
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
