create or replace function pgq._capture_signature(i_table oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_signature(1)
--      Digest of everything about a table that generated capture functions
--      depend on: names, columns, key, place in partition and inheritance
--      trees, triggers that decide about the form.
-- Returns:
--      Digest, NULL if there is no such table.
-- ----------------------------------------------------------------------
    -- sha256: nobody may be able to make a table that passes for another one
    -- the number counts the ways in which functions were generated: those of another one are made anew
    select encode(sha256(convert_to(json_build_array(
            2, n.nspname, c.relname, c.relkind, c.relispartition,
            (select array_agg(a::regclass::text) from pg_partition_ancestors(c.oid) a),
            (select array_agg(p.relid order by p.relid) from pg_partition_tree(c.oid) p where c.relkind = 'p'),
            exists (select from pg_inherits i where i.inhrelid = c.oid or i.inhparent = c.oid),
            pgq._capture_shape(c.oid),
            pgq._capture_row_trigger(c.oid)
        )::text, 'UTF8')), 'hex')
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where c.oid = i_table;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
