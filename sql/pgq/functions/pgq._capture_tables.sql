create or replace function pgq._capture_tables(i_table oid, i_signature text)
returns oid[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_tables(2)
--      The relations for which the static statements of a generated row
--      trigger function hold: the table and those of its partitions that
--      have the same columns in the same order and the same key. Folded into
--      plans like pgq._capture_is_current.
-- Returns:
--      Oids, none if the function is out of date.
-- ----------------------------------------------------------------------
declare
    v_tables    oid[];
begin
    if not pgq._capture_is_current(i_table, i_signature) then
        return '{}';
    end if;
    select array_agg(p.relid::oid)
      into v_tables
      from pg_partition_tree(i_table) p
     where pgq._capture_shape(p.relid) = pgq._capture_shape(i_table);
    return coalesce(v_tables, array[i_table]);
end; $$ language plpgsql immutable security definer set search_path = pg_catalog, pg_temp;
