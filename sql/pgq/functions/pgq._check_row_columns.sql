create or replace function pgq._check_row_columns(i_row anyelement, i_names text[], i_types oid[])
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._check_row_columns(3)
--      Under REPEATABLE READ and SERIALIZABLE the catalog is read as of the
--      transaction's snapshot, but the table is as it is now. When another
--      session has changed its columns since, the event would be wrong.
-- Parameters:
--      i_row               - a row of the table
--      i_names, i_types    - its columns, from the catalog
-- Returns:
--      nothing; raises a serialization failure if they do not fit.
-- ----------------------------------------------------------------------
declare
    _fits   boolean;
begin
    select pg_catalog.array_agg(j.name) operator(pg_catalog.=) i_names
      into _fits
      from pg_catalog.json_object_keys(pg_catalog.row_to_json(i_row)) as j(name);
    if _fits then
        execute (select 'select array[' operator(pg_catalog.||) pg_catalog.string_agg(
                    pg_catalog.format('pg_catalog.pg_typeof(($1).%I)', c.name), ', ')
                    operator(pg_catalog.||) ']::pg_catalog.oid[] operator(pg_catalog.=) $2'
                   from pg_catalog.unnest(i_names) as c(name))
           into _fits
          using i_row, i_types;
    end if;
    if not _fits then
        raise exception 'could not serialize access due to a concurrent change of the table''s columns'
            using errcode = 'serialization_failure';
    end if;
end; $$ language plpgsql stable;
