create or replace function pgq._row_expression(
    i_expression text, i_names text[], i_row anyelement, out value text, out type oid)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._row_expression(3)
--      Computes an expression given as trigger argument: what may stand behind
--      "select", over the columns of the row, by the session's search_path.
-- Parameters:
--      i_expression    - text from the trigger
--      i_names         - columns of the row
--      i_row           - the row
-- Returns:
--      value           - output text of the result
--      type            - its type
-- Calls:
--      pgq._row_words
-- ----------------------------------------------------------------------
declare
    _count  bigint;
begin
    execute 'select pg_catalog.count(*),
                (pg_catalog.array_agg(case when _pgq_value._pgq_value is distinct from null
                    then pg_catalog.concat(_pgq_value._pgq_value) end))[1],
                (pg_catalog.array_agg(pg_catalog.pg_typeof(_pgq_value._pgq_value)::pg_catalog.oid))[1]
               from (select ($1).*) as _pgq_row,
            lateral (select ' operator(pg_catalog.||) pgq._row_words(i_expression, i_names) operator(pg_catalog.||) E'\n) as _pgq_value(_pgq_value)'
       into _count, value, type
      using i_row;
    if _count operator(pg_catalog.<>) 1 then
        raise exception 'Expect 1 row from override query, got %', _count;
    end if;
end; $$ language plpgsql;
