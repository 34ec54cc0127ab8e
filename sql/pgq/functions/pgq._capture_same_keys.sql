create or replace function pgq._capture_same_keys(i_table oid, i_options jsonb)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_same_keys(2)
--      SQL condition: no row of new_table has another key than the same row
--      of old_table.
-- ----------------------------------------------------------------------
declare
    v_pairs     constant text := format('not exists (%s)',
                    pgq._capture_select(i_table, i_options, 'UPDATE', 'new_table', 'old_table', 'keys'));
    v_arrays    text;
begin
    select string_agg(format('array(select %1$s from new_table) operator(pg_catalog.=) array(select %1$s from old_table)', k), ' and ')
      into v_arrays
      from unnest(pgq._capture_array_keys(i_table, i_options)) k;
    if v_arrays is null then
        return v_pairs;
    end if;
    -- arrays are several times quicker, but have to fit into memory
    return format('case when exists (select from new_table offset 100000) then %s else %s end', v_pairs, v_arrays);
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
