create or replace function londiste._capture_options(i_table regclass, i_trg_args text[])
returns jsonb as $$
-- ----------------------------------------------------------------------
-- Function: londiste._capture_options(2)
--      Arguments of a trigger as options of pgq.create_capture. Events of a
--      partitioned table carry its name, not those of its partitions.
-- Returns:
--      NULL if there is an argument that it does not know
-- ----------------------------------------------------------------------
declare
    v_options   jsonb := '{"ops": ["INSERT", "UPDATE", "DELETE"]}';
    v_arg       text;
    v_key       text;
    v_value     text;
begin
    if (select relkind from pg_class where oid = i_table) = 'p' then
        v_options := v_options || '{"via_root": true}';
    end if;
    foreach v_arg in array i_trg_args loop
        v_key := split_part(v_arg, '=', 1);
        v_value := substring(v_arg from length(v_key) + 2);
        if v_arg = 'backup' then
            v_options := v_options || '{"backup": true}';
        elsif v_key in ('ignore', 'pkey') and v_value <> '' then
            v_options := v_options || jsonb_build_object(v_key, to_jsonb(string_to_array(v_value, ',')));
        elsif v_key in ('when', 'ev_type', 'ev_data', 'ev_extra1', 'ev_extra2', 'ev_extra3', 'ev_extra4') and v_value <> '' then
            v_options := v_options || jsonb_build_object(v_key, v_value);
        else
            return null;
        end if;
    end loop;
    return v_options;
end; $$ language plpgsql stable set search_path = pg_catalog, pg_temp;
